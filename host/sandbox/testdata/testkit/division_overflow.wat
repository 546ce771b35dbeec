;; expect: trapped
;; message: integer overflow
;; comment: the smallest i64 by -1
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))
    (i32.const 0)))
