;; expect: returned an error
;; message: the limit of 1000 bytes of statements, parameters and rows is reached
;; limit: bytes 1000
;; comment: reads one piece over and over, and more of it than it may move
(module
  (import "sandpiper_1.0" "query" (func $query (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "value_read" (func $value (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "values of 100")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $e i32)
    (drop (call $query (i32.const 16) (i32.const 13) (i32.const 0) (i32.const 0) (i32.const 0)))
    (loop $l
      (local.set $e (call $value (i32.const 1) (i32.const 1) (i64.const 0) (i32.const 1024) (i32.const 100) (i32.const 4) (i32.const 0)))
      (br_if $l (i32.eqz (local.get $e))))
    (local.get $e)))
