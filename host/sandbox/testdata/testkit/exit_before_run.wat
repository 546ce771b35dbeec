;; expect: panicked
;; message: it exited before the migration began
;; comment: proc_exit(0) in _initialize is not a completed migration
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_initialize") (call $exit (i32.const 0)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 0)))
