;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop of table.fill
(module
  (memory (export "memory") 1)
  (table $t 900000 funcref)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 900000)) (br $l))
    (i32.const 0)))
