;; expect: complete
;; trace: exec "clock" [1700000000000000000] -> OK, 1 affected
;; trace: exec "events" [2] -> OK, 1 affected
;; trace: exec "clock" [1700000003000001000] -> OK, 1 affected
;; trace: exec "events" [1] -> OK, 1 affected
;; trace: exec "clock" [1700000007000000000] -> OK, 1 affected
;; trace: exec "events" [1] -> OK, 1 affected
;; trace: exec "clock" [1700000007000001000] -> OK, 1 affected
;; trace: exec "events" [3] -> OK, 1 affected
;; trace: exec "clock" [1700000007000002000] -> OK, 1 affected
;; trace: exec "events" [1] -> OK, 1 affected
;; trace: exec "clock" [9223372036854775807] -> OK, 1 affected
;; trace: exec "monotonic" [9223372036854775807] -> OK, 1 affected
;; comment: sleeping moves the clocks on by what is due first, at most to the end of signed time, and does not wait
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\00\00\00\01" "\09\00\00\00\00")
  (data (i32.const 32) "clock")
  (data (i32.const 40) "events")
  (data (i32.const 48) "monotonic")
  (func $send (param i32 i32)
    (if (call $exec (local.get 0) (local.get 1) (i32.const 0) (i32.const 18) (i32.const 0) (i32.const 0)) (then unreachable)))
  (func $show
    (if (call $clock (i32.const 0) (i64.const 1) (i32.const 10)) (then unreachable))
    (call $send (i32.const 32) (i32.const 5)))
  ;; subscription $i at 1024: its number as user data, kind, clock, timeout, flags
  (func $subscribe (param $i i32) (param $kind i32) (param $clock i32) (param $timeout i64) (param $absolute i32)
    (local $at i32)
    (local.set $at (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 48))))
    (i64.store offset=0 (local.get $at) (i64.extend_i32_u (local.get $i)))
    (i64.store offset=8 (local.get $at) (i64.extend_i32_u (local.get $kind)))
    (i64.store offset=16 (local.get $at) (i64.extend_i32_u (local.get $clock)))
    (i64.store offset=24 (local.get $at) (local.get $timeout))
    (i64.store offset=40 (local.get $at) (i64.extend_i32_u (local.get $absolute))))
  ;; the events go where the subscriptions are
  (func $wait (param $n i32)
    (if (call $poll (i32.const 1024) (i32.const 1024) (local.get $n) (i32.const 10)) (then unreachable))
    (i32.store (i32.const 14) (i32.const 0))
    (call $send (i32.const 40) (i32.const 6))
    (call $show))
  (func $event (param $i i32) (param $of i64) (param $errno i32) (param $kind i32)
    (local $at i32)
    (local.set $at (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 32))))
    (if (i64.ne (i64.load (local.get $at)) (local.get $of)) (then unreachable))
    (if (i32.ne (i32.load16_u offset=8 (local.get $at)) (local.get $errno)) (then unreachable))
    (if (i32.ne (i32.load8_u offset=10 (local.get $at)) (local.get $kind)) (then unreachable)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (call $show)
    ;; five seconds, three, and a descriptor: the second and the third have fired
    (call $subscribe (i32.const 0) (i32.const 0) (i32.const 1) (i64.const 5000000000) (i32.const 0))
    (call $subscribe (i32.const 1) (i32.const 0) (i32.const 0) (i64.const 3000000000) (i32.const 0))
    (call $subscribe (i32.const 2) (i32.const 1) (i32.const 0) (i64.const 0) (i32.const 0))
    (call $wait (i32.const 3))
    (call $event (i32.const 0) (i64.const 1) (i32.const 0) (i32.const 0))
    (call $event (i32.const 1) (i64.const 2) (i32.const 8) (i32.const 1))
    ;; until a time
    (call $subscribe (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 1700000007000000000) (i32.const 1))
    (call $wait (i32.const 1))
    (call $event (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0))
    ;; until a time that is over
    (call $subscribe (i32.const 0) (i32.const 0) (i32.const 1) (i64.const 5) (i32.const 1))
    (call $wait (i32.const 1))
    ;; descriptors, and a clock that does not exist: nothing to wait for
    (call $subscribe (i32.const 0) (i32.const 1) (i32.const 0) (i64.const 0) (i32.const 0))
    (call $subscribe (i32.const 1) (i32.const 0) (i32.const 3) (i64.const 1000000) (i32.const 0))
    (call $subscribe (i32.const 2) (i32.const 2) (i32.const 0) (i64.const 0) (i32.const 0))
    (call $wait (i32.const 3))
    (call $event (i32.const 1) (i64.const 1) (i32.const 28) (i32.const 0))
    (call $event (i32.const 2) (i64.const 2) (i32.const 8) (i32.const 2))
    ;; for as long as there is time
    (call $subscribe (i32.const 0) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 0))
    (call $wait (i32.const 1))
    (if (call $clock (i32.const 1) (i64.const 1) (i32.const 10)) (then unreachable))
    (call $send (i32.const 48) (i32.const 9))
    (i32.const 0)))
