;; expect: complete
;; comment: as many rounds as the step says, of 14 instructions, of which some are on either side of an if
(module
  (memory (export "memory") 1)
  (func (export "sandpiper_run") (param $n i32) (param i32) (result i32)
    (local $x i32)
    (block $done
      (loop $l
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (if (i32.and (local.get $n) (i32.const 1))
          (then (local.set $x (i32.add (local.get $x) (i32.const 3))))
          (else (local.set $x (i32.xor (local.get $x) (i32.const 5)))))
        (br $l)))
    (i32.const 0)))
