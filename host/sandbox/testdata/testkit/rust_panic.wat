;; expect: panicked
;; message: panic: index out of bounds (src/lib.rs:12:5)
;; log: debug thread '<unnamed>' panicked at src/lib.rs:12:5:
;; log: debug index out of bounds
;; comment: Rust writes its message and executes unreachable
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\10\00\00\00\44\00\00\00thread '<unnamed>' panicked at src/lib.rs:12:5:\nindex out of bounds\n")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (call $write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 0)))
    unreachable))
