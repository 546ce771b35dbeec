;; expect: complete
;; comment: a poll of more subscriptions than anybody has gives EINVAL
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 64)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (if (i32.ne (call $poll (i32.const 8) (i32.const 2000000) (i32.const 20000) (i32.const 0)) (i32.const 28)) (then (unreachable)))
    (i32.const 0)))
