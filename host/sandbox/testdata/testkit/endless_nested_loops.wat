;; expect: ran out of time
;; limit: timeout 100ms
;; comment: loops in each other, of which the inner one ends
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $i i32)
    (loop $outer (local.set $i (i32.const 10)) (loop $inner (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1))))) (br $outer))
    (i32.const 0)))
