;; expect: complete
;; comment: vectors are part of WebAssembly 2.0, in a loop as well
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (local $v v128) (local $i i32)
    (local.set $i (i32.const 1000))
    (loop $l (local.set $v (i32x4.add (local.get $v) (v128.const i32x4 1 2 3 4))) (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (if (i32.ne (i32x4.extract_lane 3 (local.get $v)) (i32.const 4000)) (then (unreachable)))
    (i32.const 0)))
