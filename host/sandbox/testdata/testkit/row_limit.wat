;; expect: returned an error
;; message: the limit of 3 rows is reached
;; limit: rows 3
;; trace: query "rows 5" [] -> OK, handle 1
;; trace: rows_next 1 -> OK, 3 rows
;; trace: rows_next 1 -> LIMIT: the limit of 3 rows is reached
;; comment: reads more rows than it may
(module
  (import "sandpiper_1.0" "query" (func $query (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "rows_next" (func $next (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "rows 5")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $e i32)
    (drop (call $query (i32.const 16) (i32.const 6) (i32.const 0) (i32.const 0) (i32.const 0)))
    (loop $l
      (local.set $e (call $next (i32.load (i32.const 0)) (i32.const 1024) (i32.const 4096) (i32.const 4) (i32.const 8)))
      (br_if $l (i32.eqz (local.get $e))))
    (local.get $e)))
