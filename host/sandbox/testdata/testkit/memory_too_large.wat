;; expect: was refused
;; message: the module wants 17 pages of memory
;; limit: pages 16
;; comment: a memory that begins larger than the limit
(module
  (memory (export "memory") 17)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 0)))
