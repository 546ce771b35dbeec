;; expect: trapped
;; message: out of bounds memory access
;; comment: memory.fill that ends outside
(module
  (memory (export "memory") 64)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (memory.fill (i32.const 0x300000) (i32.const 1) (i32.const 0x100001))
    (i32.const 0)))
