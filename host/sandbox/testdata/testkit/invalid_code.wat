;; expect: was refused
;; message: the module is not valid
;; flags: --no-check
;; comment: the structure is fine and the code returns an i64 as i32
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (br_if $l (i32.const 0)))
    (i64.const 0)))
