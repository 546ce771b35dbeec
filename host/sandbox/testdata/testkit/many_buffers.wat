;; expect: trapped
;; message: the buffers are 34359738360 bytes
;; comment: a list of 2^32-1 buffers
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $write (i32.const 1) (i32.const 8) (i32.const -1) (i32.const 0))))
