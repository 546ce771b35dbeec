;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop before the migration begins
(module
  (memory (export "memory") 1)
  (func (export "_initialize") (loop $l (br $l)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 0)))
