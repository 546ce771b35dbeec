;; expect: trapped
;; message: indirect call type mismatch
;; comment: a call through an entry with a function of another type
(module
  (memory (export "memory") 1)
  (type $t (func))
  (table 1 funcref)
  (elem (i32.const 0) $f)
  (func $f (param i32))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call_indirect (type $t) (i32.const 0))
    (i32.const 0)))
