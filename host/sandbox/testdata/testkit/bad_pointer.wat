;; expect: trapped
;; message: the statement is at 65530 to 65546, outside of its memory of 65536 bytes
;; comment: a text that begins inside the memory and ends outside
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $exec (i32.const 65530) (i32.const 16) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
