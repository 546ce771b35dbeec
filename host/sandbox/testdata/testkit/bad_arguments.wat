;; expect: complete
;; trace: exec -> ARGUMENT: the statement is not valid UTF-8, or holds a NUL
;; trace: exec -> ARGUMENT: the statement is not valid UTF-8, or holds a NUL
;; trace: exec "a" -> ARGUMENT: malformed rowset at byte 0: the number of columns is cut short
;; trace: exec "a" -> ARGUMENT: the parameters are a rowset without a row
;; trace: exec "a" -> ARGUMENT: the parameters are more than one row: use exec_batch
;; trace: exec "a" [] -> ARGUMENT: flags 0x2: only DEFER is known
;; trace: savepoint unknown sp -> ARGUMENT: savepoint operation 3: it is 0, 1 or 2
;; trace: savepoint set a b -> ARGUMENT: savepoint "a b": a name is 1 to 40 characters of a-z 0-9 _
;; trace: section_begin unknown "a" -> ARGUMENT: section kind 2: it is 0 or 1
;; trace: progress -1 0 -> ARGUMENT: progress -1 of 0 is negative
;; trace: log unknown "a" -> ARGUMENT: log level 4: it is 0 to 3
;; trace: rows_close 9 -> HANDLE: no rows are open under handle 9
;; trace: describe -> STATE: describe is called while a module is built, and at no other time
;; comment: mistakes that are answered, not trapped; none reaches the database
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "savepoint" (func $savepoint (param i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "section_begin" (func $section (param i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "progress" (func $progress (param i64 i64) (result i32)))
  (import "sandpiper_1.0" "log" (func $log (param i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "rows_close" (func $close (param i32) (result i32)))
  (import "sandpiper_1.0" "describe" (func $describe (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "a")
  (data (i32.const 16) "a\ff")
  (data (i32.const 24) "a\00")
  (data (i32.const 32) "\01\00")
  (data (i32.const 40) "\00\00\00\00")
  (data (i32.const 48) "\00\00\00\00" "\00\00\00\00" "\00\00\00\00")
  (data (i32.const 64) "sp")
  (data (i32.const 72) "a b")
  (func $want (param $got i32) (param $want i32)
    (if (i32.ne (local.get $got) (local.get $want)) (then unreachable)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $want (call $exec (i32.const 16) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 4))
    (call $want (call $exec (i32.const 24) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 4))
    (call $want (call $exec (i32.const 8) (i32.const 1) (i32.const 32) (i32.const 2) (i32.const 0) (i32.const 0)) (i32.const 4))
    (call $want (call $exec (i32.const 8) (i32.const 1) (i32.const 40) (i32.const 4) (i32.const 0) (i32.const 0)) (i32.const 4))
    (call $want (call $exec (i32.const 8) (i32.const 1) (i32.const 48) (i32.const 12) (i32.const 0) (i32.const 0)) (i32.const 4))
    (call $want (call $exec (i32.const 8) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 0)) (i32.const 4))
    (call $want (call $savepoint (i32.const 3) (i32.const 64) (i32.const 2)) (i32.const 4))
    (call $want (call $savepoint (i32.const 0) (i32.const 72) (i32.const 3)) (i32.const 4))
    (call $want (call $section (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 0)) (i32.const 4))
    (call $want (call $progress (i64.const -1) (i64.const 0)) (i32.const 4))
    (call $want (call $log (i32.const 4) (i32.const 8) (i32.const 1)) (i32.const 4))
    (call $want (call $close (i32.const 9)) (i32.const 5))
    (call $want (call $describe (i32.const 8) (i32.const 1)) (i32.const 6))
    (i32.const 0)))
