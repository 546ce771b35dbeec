;; expect: returned an error
;; message: the accounts do not add up
;; trace: fail "never mind" -> OK
;; trace: fail "the accounts do not add up" -> OK
;; comment: the last call of fail counts
(module
  (import "sandpiper_1.0" "fail" (func $fail (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "never mindthe accounts do not add up")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (call $fail (i32.const 8) (i32.const 10)))
    (drop (call $fail (i32.const 18) (i32.const 26)))
    (i32.const 1)))
