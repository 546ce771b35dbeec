;; expect: trapped
;; message: the rows is at 4294967295 to 4294967297, outside of its memory
;; comment: rows whose end comes round to the beginning of the memory
(module
  (import "sandpiper_1.0" "bulk_load" (func $f (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"name\":\"a\",\"table\":\"t\",\"statement\":\"DELETE FROM t WHERE ${chunk}\"}")
  (data (i32.const 256) "{\"table\":\"t\",\"columns\":[\"a\"]}")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $f (i32.const 256) (i32.const 29) (i32.const -1) (i32.const 2) (i32.const 0))))
