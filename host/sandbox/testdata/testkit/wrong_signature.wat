;; expect: was refused
;; message: import sandpiper_1.0.fail: it is imported as (i32) -> (i32) and is (i32, i32) -> (i32)
;; comment: a function with a parameter too few
(module
  (import "sandpiper_1.0" "fail" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 0)))
