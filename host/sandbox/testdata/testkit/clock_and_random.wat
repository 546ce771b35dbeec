;; expect: complete
;; trace: exec "clock" [1700000000000000000] -> OK, 1 affected
;; trace: exec "clock" [1700000000000001000] -> OK, 1 affected
;; trace: exec "clock" [2000] -> OK, 1 affected
;; trace: exec "random" [-3828660204363409528] -> OK, 1 affected
;; comment: the clock starts with the run and steps 1 µs; the random source has the run's seed
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\00\00\01" "\09\00\00\00\00")
  (data (i32.const 32) "clock")
  (data (i32.const 40) "random")
  (func $send (param i32 i32)
    (if (call $exec (local.get 0) (local.get 1) (i32.const 0) (i32.const 18) (i32.const 0) (i32.const 0)) (then unreachable)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 10)))
    (call $send (i32.const 32) (i32.const 5))
    (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 10)))
    (call $send (i32.const 32) (i32.const 5))
    (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 10)))
    (call $send (i32.const 32) (i32.const 5))
    (drop (call $random (i32.const 10) (i32.const 8)))
    (call $send (i32.const 40) (i32.const 6))
    (i32.const 0)))
