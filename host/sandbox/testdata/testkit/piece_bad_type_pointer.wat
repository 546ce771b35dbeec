;; expect: trapped
;; message: the type is at 65534
;; comment: a type that has nowhere to go
(module
  (import "sandpiper_1.0" "value_read" (func $f (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"name\":\"a\",\"table\":\"t\",\"statement\":\"DELETE FROM t WHERE ${chunk}\"}")
  (data (i32.const 256) "{\"table\":\"t\",\"columns\":[\"a\"]}")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $f (i32.const 1) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 65534))))
