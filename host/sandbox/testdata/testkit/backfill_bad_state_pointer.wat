;; expect: trapped
;; message: state is at 65533
;; comment: a backfill must not begin when its state has nowhere to go
(module
  (import "sandpiper_1.0" "backfill_begin" (func $f (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"name\":\"a\",\"table\":\"t\",\"statement\":\"DELETE FROM t WHERE ${chunk}\"}")
  (data (i32.const 256) "{\"table\":\"t\",\"columns\":[\"a\"]}")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $f (i32.const 8) (i32.const 67) (i32.const 65533))))
