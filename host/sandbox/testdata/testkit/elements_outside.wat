;; expect: trapped
;; message: invalid table access
;; comment: elements that do not fit into their table are not put there in part
(module
  (memory (export "memory") 1)
  (type $t (func))
  (table 2 funcref)
  (elem (i32.const 1) $f $f)
  (func $f)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call_indirect (type $t) (i32.const 1))
    (i32.const 0)))
