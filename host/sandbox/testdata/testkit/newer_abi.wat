;; expect: was refused
;; message: needs Sandpiper's ABI 1.1 and this version of Sandpiper has 1.0
;; comment: known from the imports, without running anything
(module
  (import "sandpiper_1.0" "fail" (func (param i32 i32) (result i32)))
  (import "sandpiper_1.1" "schema_op" (func (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (i32.const 0)))
