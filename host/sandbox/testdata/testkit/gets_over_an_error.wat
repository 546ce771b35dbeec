;; expect: returned an error
;; message: something else
;; cause: none
;; trace: exec "fail" [] -> SQL: relation "x" does not exist (42P01)
;; trace: exec "DELETE FROM t" [] -> OK, 1 affected
;; trace: fail "something else" -> OK
;; comment: an error that the guest got over is not why it gives up
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "fail" (func $fail (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "fail")
  (data (i32.const 16) "DELETE FROM t")
  (data (i32.const 32) "something else")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (call $exec (i32.const 8) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (drop (call $exec (i32.const 16) (i32.const 13) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (drop (call $fail (i32.const 32) (i32.const 14)))
    (i32.const 1)))
