;; expect: trapped
;; message: invalid table access
;; comment: a call through an empty entry
(module
  (memory (export "memory") 1)
  (type $t (func))
  (table 1 funcref)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call_indirect (type $t) (i32.const 0))
    (i32.const 0)))
