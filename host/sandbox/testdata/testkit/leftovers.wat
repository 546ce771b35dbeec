;; expect: returned an error
;; message: the statement is not valid UTF-8, or holds a NUL
;; trace: exec -> ARGUMENT: the statement is not valid UTF-8, or holds a NUL
;; comment: a memory that another guest had before is full of zeros, as any other
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $exec (i32.const 8) (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
