;; expect: ran out of time
;; limit: timeout 100ms
;; comment: a loop whose header takes values
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i64.const 1) (loop $l (param i64) (result i64) (br $l (i64.add (i64.const 1)))) (drop)
    (i32.const 0)))
