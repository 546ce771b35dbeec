;; expect: complete
;; comment: as many calls in each other as the step says
(module
  (memory (export "memory") 1)
  (func $f (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.add (call $f (i32.sub (local.get $n) (i32.const 1))) (i32.const 1)))
      (else (i32.const 0))))
  (func (export "sandpiper_run") (param $n i32) (param i32) (result i32)
    (i32.ne (call $f (local.get $n)) (local.get $n))))
