;; expect: trapped
;; message: stack overflow
;; comment: a function that calls itself through a table
(module
  (memory (export "memory") 1)
  (type $t (func (result i32)))
  (table 1 funcref)
  (elem (i32.const 0) $f)
  (func $f (type $t) (i32.add (call_indirect (type $t) (i32.const 0)) (i32.const 1)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (call $f))
    (i32.const 0)))
