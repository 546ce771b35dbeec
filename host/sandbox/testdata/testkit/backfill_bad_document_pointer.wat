;; expect: trapped
;; message: the backfill is at 65500 to 65600, outside of its memory of 65536 bytes
;; comment: a document that is not wholly inside the memory
(module
  (import "sandpiper_1.0" "backfill_begin" (func $f (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\"name\":\"a\",\"table\":\"t\",\"statement\":\"DELETE FROM t WHERE ${chunk}\"}")
  (data (i32.const 256) "{\"table\":\"t\",\"columns\":[\"a\"]}")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $f (i32.const 65500) (i32.const 100) (i32.const 0))))
