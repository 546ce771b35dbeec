;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop that only calls
(module
  (memory (export "memory") 1)
  (func $f)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (call $f) (br $l))
    (i32.const 0)))
