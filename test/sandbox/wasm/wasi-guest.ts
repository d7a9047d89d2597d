import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco-transpile/wasm-tools";

// A component that was made for WASI: it greets on standard output, looks at variables and directories, sleeps for as
// many milliseconds as its input has bytes times 100, and says what it saw.
const WIT = `
package az:host@0.3.0;
package wasi:io@0.2.0 {
  interface error { resource error; }
  interface poll { resource pollable { block: func(); } }
  interface streams {
    use error.{error};
    variant stream-error { last-operation-failed(error), closed }
    resource output-stream { blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>; }
    resource input-stream { blocking-read: func(len: u64) -> result<list<u8>, stream-error>; }
  }
}
package wasi:clocks@0.2.0 {
  interface monotonic-clock {
    use wasi:io/poll@0.2.0.{pollable};
    now: func() -> u64;
    subscribe-duration: func(when: u64) -> pollable;
  }
}
package wasi:random@0.2.0 { interface random { get-random-u64: func() -> u64; } }
package wasi:cli@0.2.0 {
  interface environment { get-environment: func() -> list<tuple<string, string>>; get-arguments: func() -> list<string>; }
  interface stdin { use wasi:io/streams@0.2.0.{input-stream}; get-stdin: func() -> input-stream; }
  interface stdout { use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream; }
  interface stderr { use wasi:io/streams@0.2.0.{output-stream}; get-stderr: func() -> output-stream; }
}
package wasi:filesystem@0.2.0 {
  interface types { resource descriptor; }
  interface preopens { use types.{descriptor}; get-directories: func() -> list<tuple<descriptor, string>>; }
}
world tool {
  import wasi:cli/environment@0.2.0;
  import wasi:cli/stdin@0.2.0;
  import wasi:cli/stdout@0.2.0;
  import wasi:cli/stderr@0.2.0;
  import wasi:clocks/monotonic-clock@0.2.0;
  import wasi:random/random@0.2.0;
  import wasi:filesystem/preopens@0.2.0;
  export run: func(input: string) -> result<string, string>;
}
`;

const WAT = `
(module
  (import "wasi:cli/environment@0.2.0" "get-environment" (func $variables (param i32)))
  (import "wasi:cli/environment@0.2.0" "get-arguments" (func $arguments (param i32)))
  (import "wasi:cli/stdin@0.2.0" "get-stdin" (func $stdin (result i32)))
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
  (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $stderr (result i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.0" "[method]input-stream.blocking-read" (func $read (param i32 i64 i32)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $after (param i64) (result i32)))
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))
  (import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $directories (param i32)))
  (memory (export "memory") 2)
  (global $heap (mut i32) (i32.const 4096))
  (data (i32.const 64) "hello out\\nhello err")
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.and (i32.add (i32.add (global.get $heap) (local.get $size)) (i32.const 7)) (i32.const -8))))
  (func $put (param $at i32) (param $value i64)
    (local $i i32)
    (loop $digit
      (i32.store8 (i32.sub (local.get $at) (local.get $i))
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $value) (i64.const 10)))))
      (local.set $value (i64.div_u (local.get $value) (i64.const 10)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $digit (i32.lt_u (local.get $i) (i32.const 19)))))
  (func (export "run") (param $at i32) (param $length i32) (result i32)
    (local $begun i64)
    (call $write (call $stdout) (i32.const 64) (i32.const 10) (i32.const 16))
    (call $write (call $stderr) (i32.const 74) (i32.const 9) (i32.const 16))
    (call $read (call $stdin) (i64.const 10) (i32.const 48))
    (memory.fill (i32.const 200) (i32.const 32) (i32.const 120))
    ;; 0 when stdin is not closed.
    (call $put (i32.const 219) (i64.extend_i32_u (i32.add (i32.load8_u (i32.const 48)) (i32.load8_u (i32.const 52)))))
    (call $variables (i32.const 16))
    (call $put (i32.const 239) (i64.load32_u (i32.const 20)))
    (call $arguments (i32.const 16))
    (call $put (i32.const 259) (i64.load32_u (i32.const 20)))
    (call $directories (i32.const 16))
    (call $put (i32.const 279) (i64.load32_u (i32.const 20)))
    (local.set $begun (call $now))
    (call $block (call $after (i64.mul (i64.extend_i32_u (local.get $length)) (i64.const 100000000))))
    (call $put (i32.const 299) (i64.div_u (i64.sub (call $now) (local.get $begun)) (i64.const 1000000)))
    (call $put (i32.const 319) (i64.shr_u (call $random) (i64.const 8)))
    (i32.store (i32.const 20) (i32.const 200))
    (i32.store (i32.const 24) (i32.const 120))
    (i32.store8 (i32.const 16) (i32.const 0))
    (i32.const 16)))
`;

/** Builds the component. */
export async function buildWasiGuest(): Promise<Uint8Array> {
  const binary = await parse(WAT);
  return await componentNew(await componentEmbed({ binary, witSource: WIT, world: "tool" }), []);
}
