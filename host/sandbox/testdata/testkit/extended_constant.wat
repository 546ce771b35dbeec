;; expect: was refused
;; message: more than one instruction
;; comment: a global that is computed
;; flags: --enable-extended-const
(module
  (memory (export "memory") 1)
  (global i32 (i32.add (i32.const 1) (i32.const 2)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    
    (i32.const 0)))
