;; expect: complete
;; comment: reads a row, behind which the next one has no room
(module
  (import "sandpiper_1.0" "query" (func $query (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "rows_next" (func $rows (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "row_skip" (func $skip (param i32) (result i32)))
  (memory (export "memory") 2 2)
  (data (i32.const 16) "growing values of 16000000")
  (func $want (param $got i32) (param $want i32)
    (if (i32.ne (local.get $got) (local.get $want)) (then unreachable)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $want (call $query (i32.const 16) (i32.const 26) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0))
    (call $want (call $rows (i32.const 1) (i32.const 1024) (i32.const 4096) (i32.const 4) (i32.const 8)) (i32.const 0))
    (call $want (i32.load (i32.const 8)) (i32.const 1))
    (call $want (call $rows (i32.const 1) (i32.const 1024) (i32.const 4096) (i32.const 4) (i32.const 8)) (i32.const 2))
    (call $want (i32.load (i32.const 4)) (i32.const 32000038))
    (call $want (call $skip (i32.const 1)) (i32.const 0))
    (call $want (call $skip (i32.const 1)) (i32.const 1))
    (i32.const 0)))
