;; expect: was refused
;; message: function 1 does not exist
;; comment: calls a function that metering adds
;; flags: --no-check
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (call 1) (br $l))
    (i32.const 0)))
