import { b2, type Digest } from "../../../core/mod.ts";
import {
  type ComponentManifest,
  type ComponentStore,
  DEFAULT_WASM_LIMITS,
  type InstalledComponent,
  type WasmLimits,
  type WasmSpec,
} from "../../../sandbox/mod.ts";
import { CANARY_MODULE } from "../../../sandbox/wasm/canary.ts";

// A guest made by hand: the glue is the guest, so that each thing a run can meet is one line of it. Guests that come
// out of a compiler are in `guests.test.ts`.
const GLUE = `
let outside = 0;
export function instantiate(getCoreModule, imports, instantiateCore) {
  let inside = 0;
  let ask = () => 1;
  const { exports } = instantiateCore(getCoreModule("canary"), { az: { ask: () => ask() } });
  const of = (iface) => imports["az:host/" + iface];
  const steps = {
    text: ({ size }) => "x".repeat(size),
    count: () => [++inside, ++outside],
    call: ({ iface, func, args, times = 1 }) => {
      let value;
      for (let i = 0; i < times; i++) value = of(iface)[func](...args.map(revive));
      return show(value);
    },
    catching: (step) => {
      try { return steps[step.inner.op](step.inner); } catch (error) { return error instanceof Error ? error.message : error; }
    },
    spin: () => exports.spin(),
    fuel: ({ times }) => { for (let i = 0; i < times; i++) exports.ask(); return times; },
    through: () => { ask = () => { throw new Error("from the host"); }; return exports.ask(); },
    deaf: ({ ms }) => { const end = Date.now() + ms; while (Date.now() < end); return "heard nothing"; },
    fail: ({ text }) => { throw text; },
    trap: () => { throw new TypeError("a trap"); },
    log: ({ times, size }) => { for (let i = 0; i < times; i++) of("logging").log("warn", "é".repeat(size)); return times; },
    sources: () => [String(of("clock").now()), [...of("random").bytes(8)]],
    bytes: ({ count }) => of("random").bytes(count).length,
    decode: ({ bytes }) => new TextDecoder().decode(Uint8Array.from(bytes)),
    reach: () => Object.getOwnPropertyNames(globalThis).filter((name) => globalThis[name] !== undefined),
    frozen: () => Object.isFrozen(imports) && Object.getPrototypeOf(imports) === null &&
      Object.values(imports).every((face) => Object.isFrozen(face) && Object.getPrototypeOf(face) === null),
  };
  const revive = (value) => value && typeof value === "object" && Array.isArray(value.bytes)
    ? Uint8Array.from(value.bytes)
    : value && typeof value === "object" && "big" in value ? BigInt(value.big) : value;
  const show = (value) => value instanceof Uint8Array
    ? { bytes: [...value] }
    : typeof value === "bigint" ? { big: String(value) } : value;
  return {
    load(source) { if (source === "bad") throw "line 1: bad"; inside = source.length; },
    run(input) {
      const results = JSON.parse(input).map((step) => steps[step.op](step));
      return results.length === 1 && typeof results[0] === "string" ? results[0] : JSON.stringify(results);
    },
  };
}
`;

const BYTES = new TextEncoder().encode(GLUE);

/** A store that holds the guest. */
export function glueStore(manifest: ComponentManifest = MANIFEST): ComponentStore {
  const component: InstalledComponent = {
    key: "0".repeat(64),
    digest: b2(BYTES),
    manifest,
    memoryPages: DEFAULT_WASM_LIMITS.memoryPages,
    imports: [],
    glue: GLUE,
    modules: [{ name: "canary", bytes: CANARY_MODULE }],
    origin: "store",
  };
  return { install: () => Promise.resolve(component), load: () => Promise.resolve(component) };
}

/** Everything may be imported. */
export const MANIFEST: ComponentManifest = {
  world: "tool",
  imports: ["filesystem", "http", "secrets", "tools"],
  wasi: [],
};

/** Digest of the guest's bytes. */
export function glueDigest(): Digest {
  return b2(BYTES);
}

/** A call of the guest: a list of steps. */
export function glueSpec(
  steps: readonly object[],
  changed: Partial<Omit<WasmSpec, "limits">> & { readonly limits?: Partial<WasmLimits> } = {},
): WasmSpec {
  return {
    op: "wasm",
    component: glueDigest(),
    manifest: MANIFEST,
    declared: MANIFEST.imports,
    script: null,
    input: JSON.stringify(steps),
    seed: "call_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    clock: false,
    random: false,
    where: "thread",
    ...changed,
    limits: { ...DEFAULT_WASM_LIMITS, ...changed.limits },
  };
}
