;; expect: was refused
;; message: global 0 does not exist
;; comment: sets the global that metering adds, which is none of its own
;; flags: --no-check
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i64.const 0x7fffffffffffffff) (global.set 0)
    (i32.const 0)))
