;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop in the start function, which runs while the module is instantiated
(module
  (memory (export "memory") 1)
  (func $s (loop $l (br $l)))
  (start $s)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 0)))
