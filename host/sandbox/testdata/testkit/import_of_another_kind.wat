;; expect: was refused
;; message: is imported as a global and is a function
;; comment: imports a function as a global
(module
  (import "wasi_snapshot_preview1" "sched_yield" (global i32))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    
    (i32.const 0)))
