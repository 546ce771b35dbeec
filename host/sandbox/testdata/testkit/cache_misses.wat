;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop of loads all over the memory
(module
  (memory (export "memory") 1024)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $x i32)
    (loop $l (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223))) (drop (i32.load (i32.and (local.get $x) (i32.const 0x3fffffc)))) (br $l))
    (i32.const 0)))
