;; expect: ran out of time
;; limit: timeout 100ms
;; comment: recursion that is never deep: no loop, no stack overflow
(module
  (memory (export "memory") 1)
  (func $fib (param $n i32) (result i32)
    (if (i32.lt_u (local.get $n) (i32.const 2)) (then (return (local.get $n))))
    (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1))) (call $fib (i32.sub (local.get $n) (i32.const 2)))))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (call $fib (i32.const 60)))
    (i32.const 0)))
