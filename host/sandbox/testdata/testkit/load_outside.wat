;; expect: trapped
;; message: out of bounds memory access
;; comment: a load behind the end
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (i32.load (i32.const 65533)))
    (i32.const 0)))
