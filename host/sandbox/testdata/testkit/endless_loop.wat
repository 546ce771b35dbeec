;; expect: ran out of time
;; message: longer than 100ms
;; limit: timeout 100ms
;; comment: a loop that calls nothing
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (br $l))
    (i32.const 0)))
