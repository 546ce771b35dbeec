;; expect: spent its budget
;; message: 1000 fuel
;; limit: fuel 1000
;; comment: recursion ends when the fuel is used up, long before the stack does
(module
  (memory (export "memory") 1)
  (func $f (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (call $f (i32.const 0)))
    (i32.const 0)))
