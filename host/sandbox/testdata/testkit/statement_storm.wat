;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop of statements that takes no answer for an end
(module
  (import "sandpiper_1.0" "exec" (func $exec (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "SELECT 1")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (drop (call $exec (i32.const 8) (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))) (br $l))
    (i32.const 0)))
