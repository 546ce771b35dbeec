;; expect: was refused
;; message: 64-bit memories
;; comment: a memory with 64-bit addresses
;; flags: --enable-memory64
(module
  (memory (export "memory") i64 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    
    (i32.const 0)))
