;; expect: complete
;; comment: a backfill in one call, as many rounds as the step says, and a statement
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "sandpiper_1.0" "backfill_run" (func $run (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "SELECT 2{\"name\":\"a\",\"table\":\"t\",\"statement\":\"SELECT 1 ${chunk}\"}")
  (func (export "sandpiper_run") (param $n i32) (param i32) (result i32)
    (drop (call $run (i32.const 16) (i32.const 56) (i32.const 0)))
    (block $done
      (loop $l
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $l)))
    (call $exec (i32.const 8) (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
