import fc from "fast-check";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { b2, loadSodium } from "../../../core/mod.ts";
import {
  buildStandalone,
  type ComponentManifest,
  createWasm,
  DEFAULT_WASM_LIMITS,
  ENGINE_DIGEST,
  ENGINE_MANIFEST,
  readScriptEngine,
  type WasmBackend,
  type WasmSpec,
} from "../../../sandbox/mod.ts";
import { buildEngine } from "../../../sandbox/wasm/build-guest.ts";
import { engineInputs } from "../../../sandbox/wasm/engine/build.ts";
import { ENGINE_PIN } from "../../../sandbox/wasm/engine-pin.ts";
import { rig, valueOf } from "../rig.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { builtStore } from "./built-store.ts";

await loadSodium();

describe("the script engine", () => {
  it("is the one that was pinned, made of these sources, and small", async () => {
    const bytes = await readScriptEngine();
    expect([b2(bytes), bytes.length]).toEqual([ENGINE_PIN.digest, ENGINE_PIN.bytes]);
    expect(bytes.length).toBeLessThan(1.5 * 1024 * 1024);
    expect(await engineInputs()).toBe(ENGINE_PIN.inputs);
  });
  it("is what a build of the sources gives, but for start values of clocks and hash tables", async () => {
    const [kept, built] = [await readScriptEngine(), await buildEngine()];
    expect(built.length).toBe(kept.length);
    const different = kept.reduce((sum, byte, at) => sum + (byte === built[at] ? 0 : 1), 0);
    expect(different).toBeLessThan(1024);
  });
  it("is refused when it is missing or another one, with the command that mends it", async () => {
    const folder = tempDir();
    await expect(readScriptEngine(join(folder, "engine.wasm"))).rejects.toMatchObject({
      code: "TIER_UNAVAILABLE",
      hint: expect.stringContaining("npm run build:engine"),
    });
    const bytes = await readScriptEngine();
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
    writeFileSync(join(folder, "engine.wasm"), bytes);
    await expect(readScriptEngine(join(folder, "engine.wasm"))).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  });
});

const at = rig();
const backends: WasmBackend[] = [];
afterAll(async () => {
  await Promise.all(backends.map((backend) => backend.close()));
});

function backendFor(bytes: Uint8Array, manifest: ComponentManifest): WasmBackend {
  const backend = createWasm(at.deps, { store: builtStore(bytes, manifest) });
  backends.push(backend);
  return backend;
}

const PROGRAM = `
  const seen = [];
  class Point { constructor(x) { this.x = x; } }
  function run({ kind, text }) {
    console.log("called with", { kind });
    switch (kind) {
      case "json": return [{ b: 1, a: "ü😀\\u2028" }, [], null, true, 1e21, -0, 0.1, new Point(3), new Date(0)];
      case "throw": throw new TypeError("no " + text);
      case "text": throw text;
      case "async": return Promise.resolve(1);
      case "none": return undefined;
      case "host": return host.filesystem.fileExists(text);
      case "denied": return host.http.fetch(text).status;
      case "state": return seen.push(1);
      case "time": return [Date.now(), new Date().toISOString(), Math.random(), host.random.bytes(4)[0]];
      case "utf8": return new TextDecoder().decode(new TextEncoder().encode(text));
      default: return kind;
    }
  }`;

describe("a stand-alone component of the same source", () => {
  it("does what the engine does with it", async () => {
    const imports = ["filesystem"] as const;
    const alone = await buildStandalone(PROGRAM, { imports, tmp: tmpdir() });
    expect(alone.length).toBeLessThan(1.6 * 1024 * 1024);
    const manifest: ComponentManifest = { world: "tool", imports, wasi: [] };
    const engine = backendFor(await readScriptEngine(), ENGINE_MANIFEST);
    const single = backendFor(alone, manifest);
    const base = {
      op: "wasm",
      declared: imports,
      limits: DEFAULT_WASM_LIMITS,
      seed: "call_01ARZ3NDEKTSV4RRFFQ69G5FAV",
      clock: false,
      random: false,
      where: "auto",
    } as const;
    for (const kind of ["json", "throw", "text", "async", "none", "host", "denied", "state", "time", "utf8", "other"]) {
      const input = JSON.stringify({ kind, text: "a/ä.txt" });
      const script = { source: PROGRAM, digest: b2(PROGRAM) };
      const specs: readonly (readonly [WasmBackend, WasmSpec])[] = [
        [engine, { ...base, component: ENGINE_DIGEST, manifest: ENGINE_MANIFEST, script, input }],
        [single, { ...base, component: b2(alone), manifest, script: null, input }],
      ];
      const [first, second] = await Promise.all(specs.map(async ([backend, spec]) => {
        const io = { host: () => Promise.resolve({ ok: true, value: true } as const) };
        const { output, error, log } = valueOf(await at.run(backend, spec, io));
        return { kind, output, error, log };
      }));
      // The engine has interfaces that the tool did not declare; they answer, and say no. Words differ.
      expect(plain(first)).toEqual(plain(second));
    }
  });
});

function plain(said: { readonly error: string | null } | undefined): unknown {
  return { ...said, error: said?.error?.replace(/HostError: denied: .*/u, "HostError: denied") };
}

interface Shim {
  readonly encodeUtf8: (text: string) => Uint8Array;
  readonly decodeUtf8: (bytes: Uint8Array, fatal: boolean, keepBom: boolean) => string;
  readonly jsonText: (value: unknown) => string;
}

async function shim(): Promise<Shim> {
  const folder = new URL("../../../sandbox/wasm/engine/shim/", import.meta.url);
  const text: unknown = await import(new URL("text.js", folder).href);
  const json: unknown = await import(new URL("json.js", folder).href);
  return { ...(text as Shim), ...(json as Shim) };
}

describe("the shim", () => {
  it("reads and writes UTF-8 as the platform does", async () => {
    const { encodeUtf8, decodeUtf8 } = await shim();
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(Buffer.compare(encodeUtf8(text), new TextEncoder().encode(text))).toBe(0);
      }),
      { seed: 3, numRuns: 200 },
    );
    const bytes = fc.array(
      fc.oneof(
        fc.integer({ min: 0, max: 255 }),
        fc.constantFrom(0xe2, 0x82, 0xac, 0xf0, 0x9f, 0xed, 0xa0, 0xef, 0xbb, 0xbf),
      ),
    );
    fc.assert(
      fc.property(bytes, fc.boolean(), (list, keepBom) => {
        const given = Uint8Array.from(list);
        expect(decodeUtf8(given, false, keepBom)).toBe(new TextDecoder("utf-8", { ignoreBOM: keepBom }).decode(given));
      }),
      { seed: 4, numRuns: 300 },
    );
    expect(() => decodeUtf8(Uint8Array.of(0xff), true, false)).toThrow("UTF-8");
    expect(decodeUtf8(new Uint8Array(100_000).fill(0x61), false, false)).toHaveLength(100_000);
  });
  it("writes JSON as JSON.stringify does, where that leaves nothing out", async () => {
    const { jsonText } = await shim();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonText(value)).toBe(JSON.stringify(value));
      }),
      { seed: 6, numRuns: 200 },
    );
    expect(jsonText({ a: undefined, b: 1 })).toBe('{"b":1}');
    for (
      const value of [
        undefined,
        Number.NaN,
        [undefined],
        { a: Symbol("x") },
        1n,
        new Map(),
        new Uint8Array(1),
        new Error("x"),
      ]
    ) {
      expect(() => jsonText(value)).toThrow(expect.objectContaining({ text: expect.stringContaining("not JSON") }));
    }
    const round: unknown[] = [];
    round.push(round);
    expect(() => jsonText(round)).toThrow(expect.objectContaining({ text: expect.stringContaining("levels") }));
  });
});
