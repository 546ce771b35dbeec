;; expect: trapped
;; message: a bug in Sandpiper, please report it: the database is on fire
;; comment: a panic behind a call ends the run, not the host
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "panic")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $exec (i32.const 8) (i32.const 5) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
