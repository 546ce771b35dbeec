;; expect: was refused
;; message: import wasi_snapshot_preview1.path_open: of WASI there are only
;; comment: a guest that wants to open a file
(module
  (import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 0)))
