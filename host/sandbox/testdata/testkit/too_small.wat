;; expect: complete
;; trace: context -> TOO_SMALL
;; trace: context -> OK
;; trace: query "rows 2" [] -> OK, handle 1
;; trace: columns 1 -> TOO_SMALL
;; trace: columns 1 -> OK, (id int64, name text)
;; trace: rows_next 1 -> TOO_SMALL
;; trace: rows_next 1 -> OK, 1 rows
;; trace: rows_next 1 -> OK, 1 rows
;; trace: rows_next 1 -> END
;; trace: rows_next 1 -> HANDLE: no rows are open under handle 1
;; comment: every buffer is first too small; the size that is asked for is enough
(module
  (import "sandpiper_1.0" "context" (func $context (param i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "query" (func $query (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "columns" (func $columns (param i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "rows_next" (func $next (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "rows 2")
  (func $want (param $got i32) (param $want i32)
    (if (i32.ne (local.get $got) (local.get $want)) (then unreachable)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $want (call $context (i32.const 1024) (i32.const 3) (i32.const 4)) (i32.const 2))
    (call $want (i32.load (i32.const 1024)) (i32.const 0))
    (call $want (call $context (i32.const 1024) (i32.load (i32.const 4)) (i32.const 4)) (i32.const 0))
    (call $want (i32.load8_u (i32.const 1024)) (i32.const 0x7b))

    (call $want (call $query (i32.const 16) (i32.const 6) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0))
    (call $want (call $columns (i32.const 1) (i32.const 2048) (i32.const 0) (i32.const 4)) (i32.const 2))
    (call $want (call $columns (i32.const 1) (i32.const 2048) (i32.load (i32.const 4)) (i32.const 4)) (i32.const 0))
    (call $want (i32.load (i32.const 2048)) (i32.const 2))

    (call $want (call $next (i32.const 1) (i32.const 4096) (i32.const 10) (i32.const 4) (i32.const 8)) (i32.const 2))
    (call $want (i32.load (i32.const 4096)) (i32.const 0))
    (call $want (i32.load (i32.const 8)) (i32.const 0))
    (call $want (call $next (i32.const 1) (i32.const 4096) (i32.load (i32.const 4)) (i32.const 4) (i32.const 8)) (i32.const 0))
    (call $want (i32.load (i32.const 8)) (i32.const 1))
    (call $want (call $next (i32.const 1) (i32.const 4096) (i32.const 1024) (i32.const 4) (i32.const 8)) (i32.const 0))
    (call $want (i32.load (i32.const 8)) (i32.const 1))
    (call $want (call $next (i32.const 1) (i32.const 4096) (i32.const 1024) (i32.const 4) (i32.const 8)) (i32.const 1))
    (call $want (i32.load (i32.const 8)) (i32.const 0))
    (call $want (call $next (i32.const 1) (i32.const 4096) (i32.const 1024) (i32.const 4) (i32.const 8)) (i32.const 5))
    (i32.const 0)))
