;; expect: complete
;; comment: table.grow to gigabytes gives -1, as it does when there is no more
(module
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (if (i32.ne (table.grow $t (ref.null func) (i32.const 0x3fffffff)) (i32.const -1)) (then (unreachable)))
    (loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 10000)) (i32.const -1))))
    (if (i32.gt_u (table.size $t) (i32.const 1000000)) (then (unreachable)))
    (i32.const 0)))
