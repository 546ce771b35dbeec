;; expect: trapped
;; message: stack overflow
;; comment: recursion without a loop
(module
  (memory (export "memory") 1)
  (func $f (param i32) (result i32)
    (i32.add (call $f (local.get 0)) (i32.const 1)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $f (local.get 0))))
