;; expect: was refused
;; message: function 2 does not exist
;; comment: puts a function that metering adds into a table
;; flags: --no-check
(module
  (memory (export "memory") 1)
  (table 3 funcref)
  (elem (i32.const 0) func 0 1 2)
  (func)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (br $l))
    (i32.const 0)))
