;; expect: trapped
;; message: out of bounds memory access
;; comment: memory.copy from outside
(module
  (memory (export "memory") 64)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (memory.copy (i32.const 0) (i32.const 0x300000) (i32.const 0x200000))
    (i32.const 0)))
