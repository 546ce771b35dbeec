;; expect: was refused
;; message: is what the host calls an export of its own
;; comment: exports something under the name of the fuel
(module
  (memory (export "memory") 1)
  (global (export "sandpiper.fuel") (mut i64) (i64.const 0))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (br $l))
    (i32.const 0)))
