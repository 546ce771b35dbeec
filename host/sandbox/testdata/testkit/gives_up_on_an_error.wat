;; expect: returned an error
;; message: relation "x" does not exist (42P01)
;; cause: SQL
;; trace: exec "fail" [] -> SQL: relation "x" does not exist (42P01)
;; trace: error_read -> OK
;; comment: the database's error is the reason where the guest gives none
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "error_read" (func $read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "fail")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $e i32)
    (local.set $e (call $exec (i32.const 8) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (drop (call $read (i32.const 1024) (i32.const 1024) (i32.const 0)))
    (local.get $e)))
