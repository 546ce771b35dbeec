;; expect: spent its budget
;; message: it may use 5 calls of the host
;; limit: calls 5
;; comment: every call after the fifth says LIMIT, and the guest goes on
(module
  (import "sandpiper_1.0" "progress" (func $progress (param i64 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l
      (drop (call $progress (i64.const 1) (i64.const 2)))
      (br $l))
    (i32.const 0)))
