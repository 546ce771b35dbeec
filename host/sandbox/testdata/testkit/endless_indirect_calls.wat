;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop that calls through a table
(module
  (memory (export "memory") 1)
  (type $t (func))
  (table 1 funcref)
  (elem (i32.const 0) $f)
  (func $f)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (call_indirect (type $t) (i32.const 0)) (br $l))
    (i32.const 0)))
