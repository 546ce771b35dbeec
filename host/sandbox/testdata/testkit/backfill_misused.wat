;; expect: complete
;; trace: backfill_next -> STATE: no backfill is under way
;; trace: backfill_begin "{\"name\":\"2 chunks of 2\",\"table\":\"t\"}" -> OK, run
;; trace: backfill_begin "{\"name\":\"2 chunks of 2\",\"table\":\"t\"}" -> STATE: a backfill is under way
;; trace: backfill_next -> OK, handle 1
;; trace: backfill_next -> STATE: the rows of the chunk were not read to their end: the checkpoint would lie behind rows that nobody has seen
;; trace: rows_next 1 -> OK, 1 rows
;; trace: backfill_next -> STATE: the rows of the chunk were not read to their end: the checkpoint would lie behind rows that nobody has seen
;; trace: row_skip 1 -> OK
;; trace: row_skip 1 -> END
;; trace: backfill_next -> OK, handle 2
;; trace: rows_next 1 -> HANDLE: no rows are open under handle 1
;; trace: rows_close 2 -> OK
;; trace: backfill_next -> STATE: the rows of the chunk were not read to their end: the checkpoint would lie behind rows that nobody has seen
;; comment: chunks without a beginning, beginnings in a chunk, and rows that nobody reads
(module
  (import "sandpiper_1.0" "rows_next" (func $rows (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "rows_close" (func $close (param i32) (result i32)))
  (import "sandpiper_1.0" "row_skip" (func $skip (param i32) (result i32)))
  (import "sandpiper_1.0" "backfill_begin" (func $begin (param i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "backfill_next" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "{\"name\":\"2 chunks of 2\",\"table\":\"t\"}")
  (func $want (param $got i32) (param $want i32)
    (if (i32.ne (local.get $got) (local.get $want)) (then unreachable)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $want (call $next (i32.const 512)) (i32.const 6))
    (call $want (call $begin (i32.const 64) (i32.const 36) (i32.const 524)) (i32.const 0))
    (call $want (call $begin (i32.const 64) (i32.const 36) (i32.const 524)) (i32.const 6))
    (call $want (call $next (i32.const 512)) (i32.const 0))
    (call $want (call $next (i32.const 512)) (i32.const 6))
    (call $want (call $rows (i32.const 1) (i32.const 1024) (i32.const 30) (i32.const 516) (i32.const 520)) (i32.const 0))
    (call $want (call $next (i32.const 512)) (i32.const 6))
    (call $want (call $skip (i32.const 1)) (i32.const 0))
    (call $want (call $skip (i32.const 1)) (i32.const 1))
    (call $want (call $next (i32.const 512)) (i32.const 0))
    (call $want (call $rows (i32.const 1) (i32.const 1024) (i32.const 30) (i32.const 516) (i32.const 520)) (i32.const 5))
    (call $want (call $close (i32.const 2)) (i32.const 0))
    (call $want (call $next (i32.const 512)) (i32.const 6))
    (i32.const 0)))
