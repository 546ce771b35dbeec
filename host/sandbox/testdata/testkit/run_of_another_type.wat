;; expect: was refused
;; message: export sandpiper_run: it is (i64) -> (i32), not (i32, i32) -> (i32)
;; comment: made for something else
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i64) (result i32)
    (i32.const 0)))
