;; expect: was refused
;; message: export sandpiper_run
;; comment: a library, not a migration
(module
  (memory (export "memory") 1)
  (func (export "run") (param i32 i32) (result i32)
    (i32.const 0)))
