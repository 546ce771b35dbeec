;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop of calls that do nothing
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (drop (call $yield)) (br $l))
    (i32.const 0)))
