;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop around a br_table, as Go compiles its functions
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $pc i32)
    (loop $again
      (block $two (block $one (block $zero (br_table $zero $one $two (local.get $pc)))
        (local.set $pc (i32.const 1)) (br $again))
        (local.set $pc (i32.const 2)) (br $again))
      (local.set $pc (i32.const 0)) (br $again))
    (i32.const 0)))
