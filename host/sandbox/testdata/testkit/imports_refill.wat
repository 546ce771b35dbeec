;; expect: was refused
;; message: and from nothing else
;; comment: imports the function that gives fuel
(module
  (import "sandpiper.meter" "refill" (func $refill))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (call $refill) (br $l))
    (i32.const 0)))
