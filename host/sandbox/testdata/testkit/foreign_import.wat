;; expect: was refused
;; message: import env.abort
;; comment: what AssemblyScript asks for by default
(module
  (import "env" "abort" (func (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 0)))
