;; expect: was refused
;; message: import sandpiper_1.0.commit: ABI 1.0 has no such function
;; comment: transactions are the host's
(module
  (import "sandpiper_1.0" "commit" (func (result i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 0)))
