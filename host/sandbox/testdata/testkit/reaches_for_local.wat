;; expect: was refused
;; message: local 2 does not exist
;; comment: sets the local in which metering keeps fuel
;; flags: --no-check
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (i64.const 0x7fffffffffffffff) (local.set 2) (br $l))
    (i32.const 0)))
