// A component of world `tool` in WebAssembly text. The first letter of the input says what it does, digits after it how
// often. Results are texts; errors of host calls come back as the number of their case and their text.

/** The guest's core module. */
export const WAT: string = `
(module
  (import "az:host/filesystem@0.3.0" "file-exists" (func $exists (param i32 i32 i32)))
  (import "az:host/filesystem@0.3.0" "read-file" (func $read (param i32 i32 i32)))
  (memory (export "memory") 2)
  (table $bomb 1 funcref)
  (global $heap (mut i32) (i32.const 4096))
  (global $counter (mut i32) (i32.const 0))
  (data (i32.const 64) "\\c3\\28")
  (func $realloc (export "cabi_realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (loop $more
      (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
        (then
          (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
          (br $more))))
    (memory.copy (local.get $at) (local.get $old) (local.get $had))
    (local.get $at))
  (func $result (param $error i32) (param $at i32) (param $length i32) (result i32)
    (i32.store8 (i32.const 16) (local.get $error))
    (i32.store (i32.const 20) (local.get $at))
    (i32.store (i32.const 24) (local.get $length))
    (i32.const 16))
  ;; A number as decimal digits, below 1100.
  (func $number (param $value i32) (result i32)
    (local $at i32)
    (local.set $at (i32.const 1100))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $value) (i32.const 10))))
      (local.set $value (i32.div_u (local.get $value) (i32.const 10)))
      (br_if $digit (local.get $value)))
    (call $result (i32.const 0) (local.get $at) (i32.sub (i32.const 1100) (local.get $at))))
  (func $times (param $at i32) (param $end i32) (result i32)
    (local $value i32)
    (block $done
      (loop $digit
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $value (i32.add (i32.mul (local.get $value) (i32.const 10))
          (i32.sub (i32.load8_u (local.get $at)) (i32.const 48))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $digit)))
    (local.get $value))
  (func $deep (param $n i32) (result i32)
    (i32.add (call $deep (i32.add (local.get $n) (i32.const 1))) (local.get $n)))
  (func $straight (local $x i64)
    (loop $again
      ${"(local.set $x (i64.add (i64.mul (local.get $x) (i64.const 6364136223846793005)) (i64.const 1)))\n".repeat(600)}
      (br $again)))
  (func (export "run") (param $at i32) (param $length i32) (result i32)
    (local $op i32) (local $n i32) (local $i i32)
    (local.set $op (i32.load8_u (local.get $at)))
    (local.set $n (call $times (i32.add (local.get $at) (i32.const 1)) (i32.add (local.get $at) (local.get $length))))
    (if (i32.eq (local.get $op) (i32.const 101)) ;; e: echo
      (then (return (call $result (i32.const 0) (local.get $at) (local.get $length)))))
    (if (i32.eq (local.get $op) (i32.const 107)) ;; k: count the calls of this instance
      (then
        (global.set $counter (i32.add (global.get $counter) (i32.const 1)))
        (return (call $number (global.get $counter)))))
    (if (i32.eq (local.get $op) (i32.const 108)) ;; l: loop
      (then (loop $again (br $again))))
    (if (i32.eq (local.get $op) (i32.const 97)) ;; a: a loop that allocates
      (then (loop $again
        (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 64)))
        (global.set $heap (i32.const 4096))
        (br $again))))
    (if (i32.eq (local.get $op) (i32.const 115)) (then (call $straight))) ;; s: straight line
    (if (i32.eq (local.get $op) (i32.const 102)) ;; f: bulk fill
      (then
        (drop (memory.grow (i32.const 500)))
        (loop $again (memory.fill (i32.const 131072) (i32.const 7) (i32.const 32768000)) (br $again))))
    (if (i32.eq (local.get $op) (i32.const 114)) (then (drop (call $deep (i32.const 0))))) ;; r: recursion
    (if (i32.eq (local.get $op) (i32.const 109)) ;; m: memory bomb
      (then
        (loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        (memory.fill (i32.const 131072) (i32.const 7) (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 131072)))
        (return (call $number (memory.size)))))
    (if (i32.eq (local.get $op) (i32.const 116)) ;; t: table bomb
      (then
        (loop $again (br_if $again (i32.ne (table.grow $bomb (ref.null func) (i32.const 1)) (i32.const -1))))
        (return (call $number (table.size $bomb)))))
    (if (i32.eq (local.get $op) (i32.const 103)) ;; g: giant result
      (then
        (drop (memory.grow (i32.const 500)))
        (return (call $result (i32.const 0) (i32.const 131072) (i32.const 32768000)))))
    (if (i32.eq (local.get $op) (i32.const 111)) ;; o: a result outside of the memory
      (then (return (call $result (i32.const 0) (i32.const -65536) (i32.const 1024)))))
    (if (i32.eq (local.get $op) (i32.const 117)) ;; u: a result that is no text
      (then (return (call $result (i32.const 0) (i32.const 64) (i32.const 2)))))
    (if (i32.eq (local.get $op) (i32.const 110)) ;; n: a path that is no text
      (then
        (call $exists (i32.const 64) (i32.const 2) (i32.const 32))
        (return (call $number (i32.load8_u (i32.const 32))))))
    (if (i32.eq (local.get $op) (i32.const 105)) ;; i: an error of its own
      (then (return (call $result (i32.const 1) (local.get $at) (local.get $length)))))
    (if (i32.eq (local.get $op) (i32.const 99)) ;; c: host calls
      (then
        (loop $again
          (call $exists (local.get $at) (i32.const 1) (i32.const 32))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
        (return (call $number (local.get $i)))))
    (if (i32.eq (local.get $op) (i32.const 119)) ;; w: work
      (then
        (loop $again
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
        (return (call $number (local.get $i)))))
    (if (i32.eq (local.get $op) (i32.const 112)) ;; p: read the path that follows
      (then
        (call $read (i32.add (local.get $at) (i32.const 1)) (i32.sub (local.get $length) (i32.const 1)) (i32.const 32))
        (if (i32.eqz (i32.load8_u (i32.const 32)))
          (then (return (call $result (i32.const 0) (i32.load (i32.const 40)) (i32.load (i32.const 44))))))
        ;; The text of every case but two stands at the same place.
        (if (i32.or (i32.eq (i32.load8_u (i32.const 40)) (i32.const 4)) (i32.eq (i32.load8_u (i32.const 40)) (i32.const 6)))
          (then (return (call $number (i32.load8_u (i32.const 40))))))
        (return (call $result (i32.const 1) (i32.load (i32.const 48)) (i32.load (i32.const 52))))))
    unreachable))
`;
