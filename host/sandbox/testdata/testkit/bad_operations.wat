;; expect: complete
;; trace: schema_op "{\"drop_table\":{\"nam\":\"a\"}}" -> ARGUMENT: malformed operation at byte 15: unknown field "nam"
;; trace: schema_op "{}" -> ARGUMENT: malformed operation at byte 0: there is no operation
;; trace: schema_op "" -> ARGUMENT: malformed operation at byte 0: an object is expected
;; trace: schema_op "{\"drop_table\":{\"name\":\"a\"}}" -> OK
;; comment: malformed operations are answered, and do not reach the database
(module
  (import "sandpiper_1.0" "schema_op" (func $op (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "{\22drop_table\22:{\22nam\22:\22a\22}}")
  (data (i32.const 48) "{}")
  (data (i32.const 64) "{\22drop_table\22:{\22name\22:\22a\22}}")
  (func $want (param $got i32) (param $want i32)
    (if (i32.ne (local.get $got) (local.get $want)) (then unreachable)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $want (call $op (i32.const 8) (i32.const 26)) (i32.const 4))
    (call $want (call $op (i32.const 48) (i32.const 2)) (i32.const 4))
    (call $want (call $op (i32.const 0) (i32.const 0)) (i32.const 4))
    (call $want (call $op (i32.const 64) (i32.const 27)) (i32.const 0))
    (i32.const 0)))
