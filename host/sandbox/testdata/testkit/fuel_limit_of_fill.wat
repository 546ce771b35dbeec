;; expect: spent its budget
;; message: 1000 fuel
;; limit: fuel 1000
;; comment: memory.fill pays by its length
(module
  (memory (export "memory") 16)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 100000))
    (loop (nop))
    (i32.const 0)))
