;; expect: trapped
;; message: out of bounds memory access
;; comment: a data segment that does not fit
(module
  (memory (export "memory") 1)
  (data (i32.const 65535) "ab")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 0)))
