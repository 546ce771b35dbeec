;; expect: complete
;; limit: fuel 20000
;; comment: what stays within its fuel is not disturbed
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $i i32)
    (local.set $i (i32.const 1000))
    (loop $l (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (i32.const 0)))
