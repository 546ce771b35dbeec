;; expect: panicked
;; message: it exited with code 3
;; comment: os.Exit in the middle of a migration
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $exit (i32.const 3))
    (i32.const 0)))
