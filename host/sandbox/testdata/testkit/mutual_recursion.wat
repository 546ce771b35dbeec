;; expect: trapped
;; message: stack overflow
;; comment: two functions that call each other
(module
  (memory (export "memory") 1)
  (func $a (param i32) (result i32) (i32.add (call $b (local.get 0)) (i32.const 1)))
  (func $b (param i32) (result i32) (i32.add (call $a (local.get 0)) (i32.const 1)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (call $a (i32.const 0)))
    (i32.const 0)))
