;; expect: complete
;; trace: section_begin transaction "a" -> OK, run
;; trace: query "rows 2" [] -> OK, handle 1
;; trace: section_end -> OK
;; trace: rows_next 1 -> HANDLE: no rows are open under handle 1
;; comment: handles end with their section
(module
  (import "sandpiper_1.0" "section_begin" (func $begin (param i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "section_end" (func $end (result i32)))
  (import "sandpiper_1.0" "query" (func $query (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "rows_next" (func $next (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "rows 2")
  (data (i32.const 32) "a")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (call $begin (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 4)))
    (drop (call $query (i32.const 16) (i32.const 6) (i32.const 0) (i32.const 0) (i32.const 0)))
    (drop (call $end))
    (i32.ne (call $next (i32.const 1) (i32.const 1024) (i32.const 64) (i32.const 4) (i32.const 8)) (i32.const 5))))
