;; expect: spent its budget
;; message: bytes of log
;; limit: log 1000
;; comment: the same by way of standard output
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\10\00\00\00\06\00\00\00hello\n")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l
      (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
      (br $l))
    (i32.const 0)))
