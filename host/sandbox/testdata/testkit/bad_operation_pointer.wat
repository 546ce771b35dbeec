;; expect: trapped
;; message: the operation is at 65530 to 65537, outside of its memory of 65536 bytes
;; comment: an operation that is not wholly inside the memory
(module
  (import "sandpiper_1.0" "schema_op" (func $op (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $op (i32.const 65530) (i32.const 7))))
