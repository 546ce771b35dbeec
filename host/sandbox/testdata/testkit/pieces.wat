;; expect: complete
;; trace: query "values of 100" [] -> OK, handle 1
;; trace: rows_next 1 -> TOO_SMALL
;; trace: value_read 1 0 0 -> OK, 8 of 8 bytes of int64
;; trace: value_read 1 1 0 -> OK, 0 of 100 bytes of text
;; trace: value_read 1 1 95 -> OK, 5 of 100 bytes of text
;; trace: value_read 1 2 10 -> OK, 7 of 100 bytes of bytes
;; trace: value_read 1 1 100 -> OK, 0 of 100 bytes of text
;; trace: value_read 1 1 101 -> ARGUMENT: the value at index 1 has 100 bytes, and none from 101 on
;; trace: value_read 1 1 18446744073709551615 -> ARGUMENT: the value at index 1 has 100 bytes, and none from 18446744073709551615 on
;; trace: value_read 1 1 4294967296 -> ARGUMENT: the value at index 1 has 100 bytes, and none from 4294967296 on
;; trace: value_read 1 3 0 -> OK, 0 of 0 bytes of null
;; trace: value_read 1 3 1 -> ARGUMENT: the value at index 3 has 0 bytes, and none from 1 on
;; trace: value_read 1 4 0 -> OK, 16 of 16 bytes of uuid
;; trace: value_read 1 5 0 -> ARGUMENT: a row of 5 columns has none at index 5
;; trace: value_read 1 4294967295 0 -> ARGUMENT: a row of 5 columns has none at index 4294967295
;; trace: row_skip 1 -> OK
;; trace: rows_next 1 -> OK, 1 rows
;; trace: value_read 1 0 0 -> END
;; trace: value_read 1 -> HANDLE: no rows are open under handle 1
;; comment: reads a row that fits no buffer by pieces of its values, and beyond their ends
(module
  (import "sandpiper_1.0" "query" (func $query (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "rows_next" (func $rows (param i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "value_read" (func $value (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "row_skip" (func $skip (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "values of 100")
  (func $want (param $got i32) (param $want i32)
    (if (i32.ne (local.get $got) (local.get $want)) (then unreachable)))
  (func $piece (param $column i32) (param $offset i64) (param $cap i32) (param $errno i32)
    (call $want
      (call $value (i32.const 1) (local.get $column) (local.get $offset) (i32.const 256) (local.get $cap) (i32.const 4) (i32.const 8))
      (local.get $errno)))
  (func $got (param $needed i32) (param $type i32)
    (call $want (i32.load (i32.const 4)) (local.get $needed))
    (call $want (i32.load (i32.const 8)) (local.get $type)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $want (call $query (i32.const 16) (i32.const 13) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0))
    (call $want (call $rows (i32.const 1) (i32.const 1024) (i32.const 64) (i32.const 4) (i32.const 8)) (i32.const 2))
    (call $piece (i32.const 0) (i64.const 0) (i32.const 64) (i32.const 0))
    (call $got (i32.const 8) (i32.const 1))
    (call $want (i32.load (i32.const 256)) (i32.const 2))
    (call $piece (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 0))
    (call $got (i32.const 100) (i32.const 4))
    (call $piece (i32.const 1) (i64.const 95) (i32.const 64) (i32.const 0))
    (call $got (i32.const 5) (i32.const 4))
    (call $want (i32.load (i32.const 256)) (i32.const 0x69686766)) ;; fghi
    (call $want (i32.load8_u (i32.const 260)) (i32.const 0x6a))
    (call $piece (i32.const 2) (i64.const 10) (i32.const 7) (i32.const 0))
    (call $got (i32.const 90) (i32.const 5))
    (call $want (i32.load (i32.const 256)) (i32.const 0x64636261)) ;; abcd
    (call $want (i32.load8_u (i32.const 263)) (i32.const 0))
    (call $piece (i32.const 1) (i64.const 100) (i32.const 64) (i32.const 0))
    (call $got (i32.const 0) (i32.const 4))
    (call $piece (i32.const 1) (i64.const 101) (i32.const 64) (i32.const 4))
    (call $piece (i32.const 1) (i64.const -1) (i32.const 64) (i32.const 4))
    (call $piece (i32.const 1) (i64.const 0x100000000) (i32.const 64) (i32.const 4))
    (call $piece (i32.const 3) (i64.const 0) (i32.const 64) (i32.const 0))
    (call $got (i32.const 0) (i32.const 0))
    (call $piece (i32.const 3) (i64.const 1) (i32.const 64) (i32.const 4))
    (call $piece (i32.const 4) (i64.const 0) (i32.const 64) (i32.const 0))
    (call $got (i32.const 16) (i32.const 7))
    (call $piece (i32.const 5) (i64.const 0) (i32.const 64) (i32.const 4))
    (call $piece (i32.const -1) (i64.const 0) (i32.const 64) (i32.const 4))
    (call $want (call $skip (i32.const 1)) (i32.const 0))
    (call $want (call $rows (i32.const 1) (i32.const 1024) (i32.const 4096) (i32.const 4) (i32.const 8)) (i32.const 0))
    (call $want (i32.load (i32.const 8)) (i32.const 1))
    (call $piece (i32.const 0) (i64.const 0) (i32.const 64) (i32.const 1))
    (call $piece (i32.const 0) (i64.const 0) (i32.const 64) (i32.const 5))
    (i32.const 0)))
