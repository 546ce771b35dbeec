;; expect: panicked
;; message: it exited with code 0 before it was complete
;; comment: os.Exit(0) in the middle of a migration does not complete it (ABI.md, section 7)
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $exit (i32.const 0))
    (i32.const 7)))
