;; expect: trapped
;; message: affected is at 65532
;; comment: the statement must not run when its result has nowhere to go
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "DELETE FROM t")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $exec (i32.const 8) (i32.const 13) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 65532))))
