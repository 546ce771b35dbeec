;; expect: complete
;; comment: proc_exit(0) ends the run, and is no failure (ABI.md, section 7)
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $exit (i32.const 0))
    (i32.const 7)))
