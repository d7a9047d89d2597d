import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { b2, type HostCall, type HostReply, loadSodium, type RunIo } from "../../../core/mod.ts";
import {
  type ComponentManifest,
  createWasm,
  DEFAULT_WASM_LIMITS,
  type WasmBackend,
  type WasmLimits,
  type WasmSpec,
  type WasmValue,
} from "../../../sandbox/mod.ts";
import { embedWat } from "../../../sandbox/wasm/install/embed-wat.ts";
import { codeOf, rig, SCALE, valueOf } from "../rig.ts";
import { buildJavaScript, builtStore } from "./built-store.ts";
import { buildWasiGuest } from "./wasi-guest.ts";
import { WAT } from "./wat-guest.ts";

// Guests that come out of compilers, checked and instrumented as by an installation.
await loadSodium();
const at = rig();
const backends: WasmBackend[] = [];
afterAll(async () => {
  await Promise.all(backends.map((backend) => backend.close()));
});

interface Ready {
  /** Makes a spec for the guest. */
  spec(
    input: string,
    changed?: Partial<Omit<WasmSpec, "limits">> & { readonly limits?: Partial<WasmLimits> },
  ): WasmSpec;
  readonly backend: WasmBackend;
}

function ready(bytes: Uint8Array, manifest: ComponentManifest): Ready {
  const backend = createWasm(at.deps, { store: builtStore(bytes, manifest) });
  backends.push(backend);
  const component = b2(bytes);
  return {
    backend,
    spec: (input, changed = {}) => ({
      op: "wasm",
      component,
      manifest,
      declared: manifest.imports,
      script: null,
      input,
      seed: "call_01ARZ3NDEKTSV4RRFFQ69G5FAV",
      clock: false,
      random: false,
      where: "auto",
      ...changed,
      limits: { ...DEFAULT_WASM_LIMITS, ...changed.limits },
    }),
  };
}

const FILES: ComponentManifest = { world: "tool", imports: ["filesystem"], wasi: [] };
const exists: Partial<RunIo> = { host: () => Promise.resolve({ ok: true, value: true }) };

function refusing(tag: string, val?: unknown): Partial<RunIo> {
  const reply: HostReply = { ok: false, error: { tag, val } };
  return { host: () => Promise.resolve(reply) };
}

describe.each(["thread", "child"] as const)("a guest in WebAssembly text, in a %s", (where) => {
  let guest: Ready;
  beforeAll(async () => {
    const { files: [file] } = await embedWat(new TextEncoder().encode(WAT));
    guest = ready(file?.bytes ?? new Uint8Array(), FILES);
  });
  function run(
    input: string,
    limits: Partial<WasmLimits> = {},
    io: Partial<RunIo> = exists,
  ): ReturnType<typeof at.run> {
    return at.run(guest.backend, guest.spec(input, { where, limits }), io);
  }
  async function value(
    input: string,
    limits: Partial<WasmLimits> = {},
    io: Partial<RunIo> = exists,
  ): Promise<WasmValue> {
    return valueOf(await at.run(guest.backend, guest.spec(input, { where, limits }), io));
  }

  it("answers, and fails by itself", async () => {
    expect(await value("e grüße")).toMatchObject({ output: "e grüße", error: null });
    expect(await value("i no such colour")).toMatchObject({ output: null, error: "i no such colour" });
  });

  it.each([["plain", "l"], ["allocating", "a"], ["straight-line", "s"], ["bulk fill", "f"]])(
    "is stopped in a runaway loop: %s",
    async (_name, op) => {
      await value("e");
      const begun = performance.now();
      expect(codeOf(await run(op, { wallMs: 200, fuel: 5e10 }))).toBe("LIMIT_TIME");
      expect(performance.now() - begun).toBeLessThan(30_000);
      expect(codeOf(await run(op, { fuel: 1_000_000, wallMs: 60_000 }))).toBe("LIMIT_FUEL");
    },
  );

  it("leaves the core idle after it was stopped", async () => {
    expect(codeOf(await run("l", { wallMs: 100, fuel: 5e10 }))).toBe("LIMIT_TIME");
    let spent = Infinity;
    // Two fifths of the time would be a core that works. What else this process has to do ends by itself.
    while (spent >= 200) {
      const before = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const { user, system } = process.cpuUsage(before);
      spent = (user + system) / 1000;
    }
  });

  it("is stopped in endless recursion", async () => {
    expect(await run("r", { wallMs: 20_000 })).toMatchObject({ ok: false, code: "WASM_TRAP" });
  });

  it("has its memory to the page, and its tables to the element", async () => {
    for (const memoryPages of [2, 3, 1024]) {
      const bomb = await at.run(guest.backend, guest.spec("m", { where, limits: { memoryPages } }), exists);
      expect(valueOf(bomb).output).toBe(String(memoryPages));
      expect(bomb.usage.memoryBytes).toBe(memoryPages * 65_536);
    }
    const elements = (await value("t")).output;
    expect(Number(elements)).toBeLessThanOrEqual(65_536);
    expect((await value("t")).output).toBe(elements);
  });

  it("does not make our process grow by more than its memory and a little", async () => {
    await value("e");
    const before = process.memoryUsage().rss;
    const most = (64 + 64) * 1024 ** 2;
    let peak = 0;
    const timer = setInterval(() => peak = Math.max(peak, process.memoryUsage().rss), 2);
    const peaks: number[] = [];
    for (let i = 0; i < 3; i++) {
      peak = 0;
      expect((await value("m")).output).toBe("1024");
      peaks.push(Math.max(peak, process.memoryUsage().rss));
    }
    clearInterval(timer);
    // On a busy machine the memory of one call may still be there when the next one has its own.
    expect(Math.min(...peaks) - before).toBeLessThan(most);
    await expect.poll(() => process.memoryUsage().rss - before).toBeLessThan(most);
  });

  it("hands over no giant result, none from outside of its memory, and none that is no text", async () => {
    expect(codeOf(await run("g"))).toBe("LIMIT_OUTPUT");
    expect(codeOf(await run("o"))).toBe("WASM_TRAP");
    expect(await run("u")).toMatchObject({ code: "WASM_TRAP", reason: expect.stringContaining("UTF-8") });
    const seen: HostCall[] = [];
    const io: Partial<RunIo> = {
      host(call) {
        seen.push(call);
        return Promise.resolve({ ok: true, value: true });
      },
    };
    expect([codeOf(await run("n", {}, io)), seen]).toEqual(["WASM_TRAP", []]);
  });

  it("makes ten thousand host calls, and not one more than it may", async () => {
    expect(await value("c10000", { calls: 10_000, wallMs: 60_000 })).toMatchObject({ output: "10000", calls: 10_000 });
    expect(codeOf(await run("c10000", { calls: 9_999, wallMs: 60_000 }))).toBe("LIMIT_CALLS");
  });

  it("can show every error of the host", async () => {
    for (const tag of ["denied", "not-found", "exists", "invalid", "exhausted", "failed"]) {
      expect(await value("pa.txt", {}, refusing(tag, `${tag}: a.txt`))).toMatchObject({ error: `${tag}: a.txt` });
    }
    expect(await value("pa.txt", {}, refusing("too-large", 4096n))).toMatchObject({ output: "4" });
    expect(await value("pa.txt", {}, refusing("cancelled"))).toMatchObject({ output: "6" });
    const text = { host: () => Promise.resolve({ ok: true, value: new TextEncoder().encode("content") } as const) };
    expect(await value("pa.txt", {}, text)).toMatchObject({ output: "content" });
  });

  it("shares nothing between two calls, also after a trap", async () => {
    expect((await value("k")).output).toBe("1");
    expect((await value("k")).output).toBe("1");
    expect(codeOf(await run("x"))).toBe("WASM_TRAP");
    expect((await value("k")).output).toBe("1");
    const both = await Promise.all([value("k"), value("k"), value("k")]);
    expect(both.map(({ output }) => output)).toEqual(["1", "1", "1"]);
  });

  it("uses the same fuel on every run, here and elsewhere", async () => {
    const used: number[] = [];
    for (let i = 0; i < 2 + SCALE; i++) used.push((await value("w100000")).fuelUsed, (await value("c100")).fuelUsed);
    expect(new Set(used).size).toBe(2);
    // Equal on both runtimes and in both places: a change here is a change of the instrumenter.
    expect(used.slice(0, 2)).toEqual(FUEL);
    // One less than it needs is too little.
    expect((await value("w100000", { fuel: FUEL[0] })).output).toBe("100000");
    expect(codeOf(await run("w100000", { fuel: FUEL[0] - 1 }))).toBe("LIMIT_FUEL");
  });
});

const FUEL = [8348, 211] as const;

describe("a guest in JavaScript", () => {
  let guest: Ready;
  beforeAll(async () => {
    guest = ready(await buildJavaScript(SOURCE, ["filesystem", "http"]), {
      world: "tool",
      imports: ["filesystem", "http"],
      wasi: [],
    });
  });
  function spec(input: object, limits: Partial<WasmLimits> = {}): WasmSpec {
    return guest.spec(JSON.stringify(input), { limits });
  }

  it("calls the host with records and lists, and shows what it gets", async () => {
    const seen: HostCall[] = [];
    const io: Partial<RunIo> = {
      host(call) {
        seen.push(call);
        return Promise.resolve(
          call.func === "fetch"
            ? { ok: true, value: { status: 200, headers: [["a", "b"]], body: Uint8Array.of(111, 107) } }
            : {
              ok: true,
              value: [{ name: "ä.txt", kind: "file", size: 12 }, { name: "d", kind: "directory", size: 0 }],
            },
        );
      },
    };
    const listed = valueOf(await at.run(guest.backend, spec({ op: "list" }), io));
    expect(JSON.parse(listed.output ?? "")).toEqual([["ä.txt", "file", "12"], ["d", "directory", "0"]]);
    const fetched = valueOf(await at.run(guest.backend, spec({ op: "fetch" }), io));
    expect(JSON.parse(fetched.output ?? "")).toEqual({ status: 200, headers: [["a", "b"]], body: [111, 107] });
    expect(seen[1]).toMatchObject({
      args: [{
        method: "POST",
        url: "https://example.com/",
        headers: [["x", "y"]],
        body: Uint8Array.of(1, 2),
        secret: { handle: "handle://vault/a/b", placement: { tag: "header", val: "x-key" } },
      }],
    });
  });

  it("catches a denial as an error with its case and its text", async () => {
    const outcome = await at.run(guest.backend, spec({ op: "list" }), refusing("denied", "no rule allows ."));
    expect(JSON.parse(valueOf(outcome).output ?? "")).toEqual({ tag: "denied", val: "no rule allows ." });
  });

  it("is stopped in a loop, also one that catches everything", async () => {
    for (const op of ["loop", "catching"]) {
      expect(codeOf(await at.run(guest.backend, spec({ op }, { wallMs: 200, fuel: 5e10 })))).toBe("LIMIT_TIME");
      expect(codeOf(await at.run(guest.backend, spec({ op }, { fuel: 2_000_000 })))).toBe("LIMIT_FUEL");
    }
  });

  it("cannot keep calling after its budget by catching", async () => {
    const outcome = await at.run(guest.backend, spec({ op: "stubborn" }, { calls: 5, wallMs: 20_000 }), exists);
    expect(codeOf(outcome)).toBe("LIMIT_CALLS");
  });

  it("shares nothing between two calls", async () => {
    for (let i = 0; i < 3; i++) {
      expect(valueOf(await at.run(guest.backend, spec({ op: "state" }))).output).toBe("1");
    }
  });
});

const SOURCE = `
import { listDir, fileExists } from "az:host/filesystem@0.3.0";
import { fetch } from "az:host/http@0.3.0";
let state = 0;
export function run(input) {
  const { op } = JSON.parse(input);
  switch (op) {
    case "list":
      try {
        return JSON.stringify(listDir(".").map((entry) => [entry.name, entry.kind, String(entry.size)]));
      } catch (error) {
        return JSON.stringify(error.payload);
      }
    case "fetch": {
      const { status, headers, body } = fetch({
        method: "POST",
        url: "https://example.com/",
        headers: [["x", "y"]],
        body: new Uint8Array([1, 2]),
        secret: { handle: "handle://vault/a/b", placement: { tag: "header", val: "x-key" } },
      });
      return JSON.stringify({ status, headers, body: [...body] });
    }
    case "loop": for (;;);
    case "catching": for (;;) { try { for (;;) JSON.parse("{"); } catch {} }
    case "stubborn": for (;;) { try { fileExists("a"); } catch {} }
    case "state": return String(++state);
    case "memory": { const kept = []; for (;;) kept.push(new Uint8Array(100_000)); }
  }
}
`;

describe("a guest made for WASI", () => {
  it.each(["thread", "child"] as const)("finds clocks, streams, and nothing of its host, in a %s", async (where) => {
    const wasi = ready(await buildWasiGuest(), {
      world: "tool",
      imports: [],
      wasi: ["cli", "clocks", "filesystem", "io", "random"],
    });
    const still = await at.run(wasi.backend, wasi.spec("xxx", { where }));
    const { output, log } = valueOf(still);
    const [stdin, variables, args, folders, slept, random] = (output ?? "").trim().split(/\s+/).map(BigInt);
    // Stdin is closed (error 1, case 1); the clock stands except while the guest sleeps.
    expect([stdin, variables, args, folders, slept]).toEqual([2n, 0n, 0n, 0n, 300n]);
    expect(log).toEqual([{ level: "info", message: "hello out" }, { level: "error", message: "hello err" }]);
    expect(valueOf(await at.run(wasi.backend, wasi.spec("xxx", { where }))).output).toBe(output);
    const real = valueOf(await at.run(wasi.backend, wasi.spec("x", { where, clock: true, random: true })));
    const [, , , , waited, other] = (real.output ?? "").trim().split(/\s+/).map(BigInt);
    expect(Number(waited)).toBeGreaterThanOrEqual(99);
    expect(other).not.toBe(random);
    const asleep = wasi.spec("x".repeat(600), { where, clock: true, limits: { wallMs: 200 } });
    expect(codeOf(await at.run(wasi.backend, asleep))).toBe("LIMIT_TIME");
  });
});
