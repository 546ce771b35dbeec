;; expect: was refused
;; message: is not part of ABI 1.0
;; comment: an instruction of relaxed SIMD
;; flags: --enable-relaxed-simd
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param i32 i32) (result i32)
    (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))
    (loop $l (br $l))
    (i32.const 0)))
