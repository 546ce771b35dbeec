;; expect: complete
;; comment: a maximum that the module declares stays, where it is below the host's
(module
  (memory (export "memory") 1 2)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then (unreachable)))
    (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
    (i32.const 0)))
