;; expect: complete
;; limit: pages 16
;; comment: memory.grow beyond the limit gives -1, as it does when there is no more
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (loop $l
      (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (i32.ne (memory.size) (i32.const 16))))
