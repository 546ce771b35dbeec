;; expect: complete
;; comment: memory.fill of as many KiB as the step says
(module
  (memory (export "memory") 100)
  (func (export "sandpiper_run") (param $n i32) (param i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 1) (i32.mul (local.get $n) (i32.const 1024)))
    (i32.const 0)))
