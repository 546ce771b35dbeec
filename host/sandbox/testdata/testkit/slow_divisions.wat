;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop of the slowest instruction
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $x i64)
    (local.set $x (i64.const -1))
    (loop $l (local.set $x (i64.or (i64.div_u (local.get $x) (i64.const 3)) (i64.const -1))) (br $l))
    (i32.const 0)))
