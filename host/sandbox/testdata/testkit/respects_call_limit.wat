;; expect: returned an error
;; message: out of calls
;; limit: calls 2
;; trace: progress 1 2 -> OK
;; trace: progress 1 2 -> OK
;; trace: progress -> LIMIT: the limit of 2 calls of the host is reached
;; trace: fail "out of calls" -> OK
;; comment: a guest that is told LIMIT can still say why it gives up
(module
  (import "sandpiper_1.0" "progress" (func $progress (param i64 i64) (result i32)))
  (import "sandpiper_1.0" "fail" (func $fail (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "out of calls")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l
      (br_if $l (i32.eqz (call $progress (i64.const 1) (i64.const 2)))))
    (drop (call $fail (i32.const 8) (i32.const 12)))
    (i32.const 1)))
