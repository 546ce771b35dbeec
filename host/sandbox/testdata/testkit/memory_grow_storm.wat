;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop of memory.grow that fails
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (drop (memory.grow (i32.const 0x7fffffff))) (br $l))
    (i32.const 0)))
