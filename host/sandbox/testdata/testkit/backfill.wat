;; expect: complete
;; trace: backfill_begin "{\"name\":\"2 chunks of 3\",\"table\":\"t\"}" -> OK, run
;; trace: backfill_next -> OK, handle 1
;; trace: exec "random" [2011346856662591082] -> OK, 1 affected
;; trace: rows_next 1 -> OK, 3 rows
;; trace: rows_next 1 -> END
;; trace: backfill_next -> OK, handle 2
;; trace: rows_next 2 -> OK, 3 rows
;; trace: rows_next 2 -> END
;; trace: backfill_next -> END
;; trace: exec "random" [-3828660204363409528] -> OK, 1 affected
;; trace: backfill_begin "{\"name\":\"done\",\"table\":\"t\"}" -> OK, done
;; trace: backfill_run "{\"name\":\"a\",\"table\":\"t\",\"statement\":\"DELETE FROM t WHERE ${chunk}\"}" -> OK, 7 affected
;; trace: bulk_load "{\"table\":\"t\",\"columns\":[\"id\"]}" [[1]] -> OK, 1 affected
;; trace: phase contract -> OK
;; comment: what a chunk draws comes from its own seed, and after the backfill the run's goes on
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "rows_next" (func $rows (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "backfill_begin" (func $begin (param i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "backfill_next" (func $next (param i32) (result i32)))
  (import "sandpiper_1.0" "backfill_run" (func $run (param i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "bulk_load" (func $load (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "phase" (func $phase (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\00\00\01" "\09\00\00\00\00")
  (data (i32.const 40) "random")
  (data (i32.const 64) "{\"name\":\"2 chunks of 3\",\"table\":\"t\"}")
  (data (i32.const 128) "{\"name\":\"done\",\"table\":\"t\"}")
  (data (i32.const 192) "{\"name\":\"a\",\"table\":\"t\",\"statement\":\"DELETE FROM t WHERE ${chunk}\"}")
  (data (i32.const 320) "{\"table\":\"t\",\"columns\":[\"id\"]}")
  (data (i32.const 400) "\01\00\00\00\01" "\09\00\00\00\00\01\00\00\00\00\00\00\00")
  (func $want (param $got i32) (param $want i32)
    (if (i32.ne (local.get $got) (local.get $want)) (then unreachable)))
  (func $send
    (drop (call $random (i32.const 10) (i32.const 8)))
    (call $want (call $exec (i32.const 40) (i32.const 6) (i32.const 0) (i32.const 18) (i32.const 0) (i32.const 0)) (i32.const 0)))
  (func $read
    (call $want (call $rows (i32.load (i32.const 512)) (i32.const 1024) (i32.const 4096) (i32.const 516) (i32.const 520)) (i32.const 0))
    (call $want (call $rows (i32.load (i32.const 512)) (i32.const 1024) (i32.const 4096) (i32.const 516) (i32.const 520)) (i32.const 1)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $want (call $begin (i32.const 64) (i32.const 36) (i32.const 524)) (i32.const 0))
    (call $want (i32.load (i32.const 524)) (i32.const 0))
    (call $want (call $next (i32.const 512)) (i32.const 0))
    (call $send)
    (call $read)
    (call $want (call $next (i32.const 512)) (i32.const 0))
    (call $read)
    (call $want (call $next (i32.const 512)) (i32.const 1))
    (call $want (i32.load (i32.const 512)) (i32.const 0))
    (call $send)
    (call $want (call $begin (i32.const 128) (i32.const 27) (i32.const 524)) (i32.const 0))
    (call $want (i32.load (i32.const 524)) (i32.const 1))
    (call $want (call $run (i32.const 192) (i32.const 67) (i32.const 528)) (i32.const 0))
    (call $want (i32.load (i32.const 528)) (i32.const 7))
    (call $want (call $load (i32.const 320) (i32.const 30) (i32.const 400) (i32.const 18) (i32.const 528)) (i32.const 0))
    (call $want (i32.load (i32.const 528)) (i32.const 1))
    (call $want (call $phase (i32.const 2)) (i32.const 0))
    (i32.const 0)))
