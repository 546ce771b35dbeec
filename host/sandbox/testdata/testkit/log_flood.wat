;; expect: spent its budget
;; message: it may use 1000 bytes of log, and went on after being told so 1000 times
;; limit: log 1000
;; comment: logs on and on, and does not look at the errno
(module
  (import "sandpiper_1.0" "log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "hello, world")
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l
      (drop (call $log (i32.const 1) (i32.const 8) (i32.const 12)))
      (br $l))
    (i32.const 0)))
