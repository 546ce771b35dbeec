;; expect: trapped
;; message: invalid conversion to integer
;; comment: a NaN as an i32
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (i32.trunc_f64_s (f64.const nan)))
    (i32.const 0)))
