;; expect: complete
;; trace: backfill_begin "" -> ARGUMENT: malformed backfill at byte 0: an object is expected
;; trace: backfill_begin "{\"name\":\"a\",\"table\":\"t\",\"statement\":\"DELETE FROM t WHERE ${chunk}\"}" -> ARGUMENT: backfill "a" has a statement, which is for backfill_run
;; trace: backfill_run "{\"name\":\"a\",\"table\":\"t\"}" -> ARGUMENT: backfill "a" has no statement: its chunks are for backfill_begin and backfill_next
;; trace: backfill_run "{\"name\":\"a\",\"table\":\"t\",\"statement\":\"DELETE FROM t\"}" -> ARGUMENT: malformed backfill at byte 0: its statement lacks ${chunk}, where the condition on the key belongs: it would do all rows each time
;; trace: bulk_load "{\"table\":\"t\"}" -> ARGUMENT: malformed load at byte 0: it names no columns
;; trace: bulk_load "{\"table\":\"t\",\"columns\":[\"a\",\"b\"]}" -> ARGUMENT: malformed rowset at byte 0: the number of columns is cut short
;; trace: bulk_load "{\"table\":\"t\",\"columns\":[\"a\",\"b\"]}" [[1]] -> ARGUMENT: rows of 1 columns for 2 columns of "t"
;; trace: phase unknown -> ARGUMENT: phase 3: it is 0, 1 or 2
;; trace: phase unknown -> ARGUMENT: phase 4294967295: it is 0, 1 or 2
;; trace: value_read 9 -> HANDLE: no rows are open under handle 9
;; trace: row_skip 9 -> HANDLE: no rows are open under handle 9
;; comment: mistakes that are answered, not trapped; none reaches the database
(module
  (import "sandpiper_1.0" "backfill_begin" (func $begin (param i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "backfill_run" (func $run (param i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "bulk_load" (func $load (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "phase" (func $phase (param i32) (result i32)))
  (import "sandpiper_1.0" "value_read" (func $value (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "row_skip" (func $skip (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "{\"name\":\"a\",\"table\":\"t\",\"statement\":\"DELETE FROM t WHERE ${chunk}\"}")
  (data (i32.const 192) "{\"name\":\"a\",\"table\":\"t\"}")
  (data (i32.const 256) "{\"name\":\"a\",\"table\":\"t\",\"statement\":\"DELETE FROM t\"}")
  (data (i32.const 384) "{\"table\":\"t\"}")
  (data (i32.const 448) "{\"table\":\"t\",\"columns\":[\"a\",\"b\"]}")
  (data (i32.const 512) "\01\00\00\00\01" "\09\00\00\00\00\01\00\00\00\00\00\00\00")
  (func $want (param $got i32) (param $want i32)
    (if (i32.ne (local.get $got) (local.get $want)) (then unreachable)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $want (call $begin (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 4))
    (call $want (call $begin (i32.const 64) (i32.const 67) (i32.const 0)) (i32.const 4))
    (call $want (call $run (i32.const 192) (i32.const 24) (i32.const 0)) (i32.const 4))
    (call $want (call $run (i32.const 256) (i32.const 52) (i32.const 0)) (i32.const 4))
    (call $want (call $load (i32.const 384) (i32.const 13) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 4))
    (call $want (call $load (i32.const 448) (i32.const 33) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 4))
    (call $want (call $load (i32.const 448) (i32.const 33) (i32.const 512) (i32.const 18) (i32.const 0)) (i32.const 4))
    (call $want (call $phase (i32.const 3)) (i32.const 4))
    (call $want (call $phase (i32.const -1)) (i32.const 4))
    (call $want (call $value (i32.const 9) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 5))
    (call $want (call $skip (i32.const 9)) (i32.const 5))
    (i32.const 0)))
