;; expect: trapped
;; message: out of bounds memory access
;; comment: a store whose offset goes beyond 2^32
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i64.store offset=0xffffffff (i32.const -1) (i64.const 0))
    (i32.const 0)))
