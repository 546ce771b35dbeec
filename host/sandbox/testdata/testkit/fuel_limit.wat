;; expect: spent its budget
;; message: it may use 100000 fuel, and has used that up
;; limit: fuel 100000
;; comment: a loop ends when the fuel is used up
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l (br $l))
    (i32.const 0)))
