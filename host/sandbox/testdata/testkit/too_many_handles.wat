;; expect: returned an error
;; message: the limit of 2 open queries is reached
;; limit: handles 2
;; trace: query "rows 1" [] -> OK, handle 1
;; trace: query "rows 1" [] -> OK, handle 2
;; trace: query "rows 1" [] -> LIMIT: the limit of 2 open queries is reached
;; comment: opens rows and closes none
(module
  (import "sandpiper_1.0" "query" (func $query (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "rows 1")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $e i32)
    (loop $l
      (local.set $e (call $query (i32.const 8) (i32.const 6) (i32.const 0) (i32.const 0) (i32.const 0)))
      (br_if $l (i32.eqz (local.get $e))))
    (local.get $e)))
