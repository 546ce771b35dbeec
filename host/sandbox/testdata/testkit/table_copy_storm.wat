;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop of table.copy
(module
  (memory (export "memory") 1)
  (table $t 900000 funcref)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 899999)) (br $l))
    (i32.const 0)))
