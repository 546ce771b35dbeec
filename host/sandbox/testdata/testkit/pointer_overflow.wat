;; expect: trapped
;; message: at 4294967280 to 4294967312, outside
;; comment: pointer and length whose 32-bit sum is 16
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $exec (i32.const 0xfffffff0) (i32.const 32) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
