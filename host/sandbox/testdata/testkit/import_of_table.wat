;; expect: was refused
;; message: and from nothing else
;; comment: imports a table
(module
  (import "env" "t" (table 1 funcref))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    
    (i32.const 0)))
