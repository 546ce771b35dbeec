;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop of memory.copy to overlapping bytes behind
(module
  (memory (export "memory") 1024)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (memory.copy (i32.const 1) (i32.const 0) (i32.const 0x3ffffff)) (br $l))
    (i32.const 0)))
