;; expect: was refused
;; message: exceptions are not part of ABI 1.0
;; comment: a tag
;; flags: --enable-exceptions
(module
  (memory (export "memory") 1)
  (tag $t)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    
    (i32.const 0)))
