;; expect: was refused
;; message: is not part of ABI 1.0
;; comment: a tail call
;; flags: --enable-tail-call
(module
  (memory (export "memory") 1)
  (func $f (loop $l (br $l)))
  (func (return_call $f))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    
    (i32.const 0)))
