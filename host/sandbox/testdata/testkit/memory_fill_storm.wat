;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop of memory.fill of 64 MiB
(module
  (memory (export "memory") 1024)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000)) (br $l))
    (i32.const 0)))
