;; expect: complete
;; trace: exec "DELETE FROM t" [] -> OK, 1 affected
;; trace: exec "DELETE FROM t" [] -> OK, 1 affected
;; comment: i32 arguments that were cut from an i64; the upper halves do not count
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\ef\be\ad\de" "\0d\00\00\00\ff\ff\ff\ff")
  (data (i32.const 16) "DELETE FROM t")
  (func $cut (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $garbage i64)
    (local.set $garbage (i64.shl (i64.load (i32.const 0)) (i64.const 32)))
    (drop (call $exec
      (i32.wrap_i64 (i64.load (i32.const 0)))
      (i32.wrap_i64 (i64.load (i32.const 8)))
      (i32.wrap_i64 (local.get $garbage))
      (i32.wrap_i64 (local.get $garbage))
      (i32.wrap_i64 (local.get $garbage))
      (i32.wrap_i64 (local.get $garbage))))
    (call $exec
      (call $cut (i64.load (i32.const 0)))
      (call $cut (i64.load (i32.const 8)))
      (call $cut (local.get $garbage))
      (call $cut (local.get $garbage))
      (call $cut (local.get $garbage))
      (call $cut (local.get $garbage)))))
