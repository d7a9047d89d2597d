import { embedWat } from "../../../sandbox/wasm/install/embed-wat.ts";
import { readFacts } from "../../../sandbox/wasm/install/read-facts.ts";
import { transpileComponent } from "../../../sandbox/wasm/install/transpile-component.ts";
import { bytesOf, type FuzzTarget, refusal } from "../target.ts";

const WAT = `(module
  (import "az:host/filesystem@0.3.0" "file-exists" (func $exists (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "run") (param i32 i32) (result i32) (i32.const 16)))`;

/** Components: what they import, and what the transpiler makes of them. Runs here, not in the helper process. */
export async function open(): Promise<FuzzTarget> {
  const { files: [file] } = await embedWat(bytesOf(WAT));
  return {
    samples: file === undefined ? [] : [file.bytes],
    words: ["az:host/filesystem@0.3.0", "az:host/http@0.3.0", "wasi:io/poll@0.2.0", "run", "memory", "../x", "result"],
    async check(input) {
      try {
        await readFacts(input);
        const manifest = { world: "tool", imports: ["filesystem"], wasi: [] } as const;
        await transpileComponent(input, { manifest, memoryPages: 16 });
        return "ok";
      } catch (cause) {
        return refusal(cause, "SandboxError");
      }
    },
  };
}
