;; expect: returned an error
;; message: the limit of 20 bytes of statements, parameters and rows is reached
;; limit: bytes 20
;; trace: exec "DELETE FROM t" [] defer -> OK
;; trace: exec "DELETE FROM t" -> LIMIT: the limit of 20 bytes of statements, parameters and rows is reached
;; comment: the statement over the limit must not run
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "DELETE FROM t")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $e i32)
    (loop $l
      (local.set $e (call $exec (i32.const 8) (i32.const 13) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)))
      (br_if $l (i32.eqz (local.get $e))))
    (local.get $e)))
