;; expect: trapped
;; message: invalid table access
;; comment: table.get behind the end
(module
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (table.get $t (i32.const 1)))
    (i32.const 0)))
