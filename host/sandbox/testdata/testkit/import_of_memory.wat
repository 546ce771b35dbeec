;; expect: was refused
;; message: import sandpiper_1.0.memory
;; comment: the memory is the guest's own
(module
  (import "sandpiper_1.0" "memory" (memory 1))
  (export "memory" (memory 0))
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 0)))
