;; expect: returned an error
;; message: it returned 42 and did not say why
;; comment: all that can be said is the number
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 42)))
