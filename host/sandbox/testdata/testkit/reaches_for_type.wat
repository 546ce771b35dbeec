;; expect: was refused
;; message: type 1 does not exist
;; comment: uses a type that metering adds
;; flags: --no-check
(module
  (memory (export "memory") 1)
  (table 1 funcref)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (call_indirect (type 1) (i32.const 0)) (br $l))
    (i32.const 0)))
