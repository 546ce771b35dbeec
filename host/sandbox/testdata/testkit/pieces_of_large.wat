;; expect: complete
;; comment: reads a value that is larger than its memory, a piece after the other
(module
  (import "sandpiper_1.0" "query" (func $query (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "rows_next" (func $rows (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "value_read" (func $value (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "row_skip" (func $skip (param i32) (result i32)))
  (memory (export "memory") 2 2)
  (data (i32.const 16) "values of 16000000")
  (func $want (param $got i32) (param $want i32)
    (if (i32.ne (local.get $got) (local.get $want)) (then unreachable)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $row i32) (local $at i64)
    (call $want (call $query (i32.const 16) (i32.const 18) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0))
    (local.set $row (i32.const 2))
    (loop $rows
      (call $want (call $rows (i32.const 1) (i32.const 1024) (i32.const 4096) (i32.const 4) (i32.const 8)) (i32.const 2))
      (call $want (i32.load (i32.const 4)) (i32.const 32000038))
      (local.set $at (i64.const 0))
      (loop $pieces
        (call $want (call $value (i32.const 1) (i32.const 1) (local.get $at) (i32.const 1024) (i32.const 65536) (i32.const 4) (i32.const 0)) (i32.const 0))
        (local.set $at (i64.add (local.get $at) (i64.const 65536)))
        (br_if $pieces (i32.gt_u (i32.load (i32.const 4)) (i32.const 65536))))
      (call $want (i32.load (i32.const 4)) (i32.const 9216)) ;; 16,000,000 mod 65,536
      (call $want (call $skip (i32.const 1)) (i32.const 0))
      (br_if $rows (local.tee $row (i32.sub (local.get $row) (i32.const 1)))))
    (call $want (call $skip (i32.const 1)) (i32.const 1))
    (i32.const 0)))
