;; expect: spent its budget
;; message: 10000 fuel
;; limit: fuel 10000
;; comment: memory.grow pays for every page
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (memory.grow (i32.const 10)))
    (loop (nop))
    (i32.const 0)))
