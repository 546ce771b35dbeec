;; expect: was refused
;; message: is not part of ABI 1.0
;; comment: an atomic instruction
;; flags: --enable-threads
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (i32.atomic.load (i32.const 0)))
    (loop $l (br $l))
    (i32.const 0)))
