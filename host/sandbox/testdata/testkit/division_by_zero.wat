;; expect: trapped
;; message: integer divide by zero
;; comment: i32.div_u by 0
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (i32.div_u (i32.const 1) (i32.const 0)))
    (i32.const 0)))
