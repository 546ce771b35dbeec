;; expect: trapped
;; message: out of bounds memory access
;; comment: memory.init of more than there is
(module
  (memory (export "memory") 1)
  (data $d "abc")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 4))
    (i32.const 0)))
