;; expect: trapped
;; message: unreachable
;; comment: what compilers emit for a failed assertion
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    unreachable))
