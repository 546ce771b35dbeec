;; expect: trapped
;; message: out of bounds memory access
;; comment: memory.fill whose end is beyond 2^32
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (memory.fill (i32.const -1) (i32.const 1) (i32.const -1))
    (i32.const 0)))
