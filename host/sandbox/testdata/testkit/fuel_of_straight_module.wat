;; expect: spent its budget
;; message: 1000 fuel
;; limit: fuel 1000
;; comment: a module that cannot loop pays for its calls of the host
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (call $yield)) (drop (call $yield)) (drop (call $yield))
    (i32.const 0)))
