;; expect: was refused
;; message: does not exist
;; comment: exports the global that metering adds
;; flags: --no-check
(module
  (memory (export "memory") 1)
  (export "mine" (global 0))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (br $l))
    (i32.const 0)))
