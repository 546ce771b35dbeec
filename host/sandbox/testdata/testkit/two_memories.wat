;; expect: was refused
;; message: more than the limit of 1
;; comment: a second memory
;; flags: --enable-multi-memory
(module
  (memory (export "memory") 1)
  (memory 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    
    (i32.const 0)))
