import { readModule } from "../../../sandbox/wasm/binary/read-module.ts";
import { instrumentModule } from "../../../sandbox/wasm/instrument/instrument-module.ts";
import { webAssembly } from "../web-assembly.ts";
import { randomModule } from "../../sandbox/wasm/random-module.ts";
import { type FuzzTarget, refusal, violated } from "../target.ts";

/** Core modules of components: read, and rewritten so that they are bounded. */
export function open(): FuzzTarget {
  return {
    samples: Array.from(
      { length: 12 },
      (_, seed) => randomModule(seed, { size: 40 + seed * 10, exceptions: seed % 3 === 0 }),
    ),
    words: ["memory", "main", "g1", "\0asm", "\u0001\0\0\0", "\u000b", "\u0010\0", "\u007f"],
    check(input) {
      try {
        const module = readModule(input);
        const maxima = { memories: module.memories.map(() => 16), tables: module.tables.map(({ min }) => min + 8) };
        const bounded = instrumentModule(module, maxima);
        readModule(bounded);
        if (!webAssembly.validate(Uint8Array.from(input))) return "ok, though no engine takes it";
        if (module.memories.some(({ min, max }) => min > 16 || (max ?? 16) < min)) return "ok, too large";
        if (!webAssembly.validate(bounded)) throw violated("a sound module stays sound when it is bounded");
        return "ok";
      } catch (cause) {
        return refusal(cause, "SandboxError");
      }
    },
  };
}
