import { afterAll, describe, expect, it } from "vitest";
import { b2, type HostCall, type HostReply, loadSodium, Permit, type RunIo } from "../../../core/mod.ts";
import { createWasm, decodeHostCall, type WasmSpec, type WasmValue } from "../../../sandbox/mod.ts";
import { codeOf, rig, valueOf } from "../rig.ts";
import { RUNTIME } from "../../support/host-facts.ts";
import { glueSpec, glueStore, MANIFEST } from "./glue-guest.ts";

await loadSodium();
const at = rig();
const wasm = createWasm(at.deps, { store: glueStore() });
afterAll(() => wasm.close());

function answering(answer: (call: HostCall) => HostReply): { readonly io: Partial<RunIo>; readonly seen: HostCall[] } {
  const seen: HostCall[] = [];
  return {
    seen,
    io: {
      host(call) {
        seen.push(call);
        return Promise.resolve(answer(call));
      },
    },
  };
}

function outputOf(value: WasmValue): unknown {
  return JSON.parse(value.output ?? "null");
}

function scripted(source: string): WasmSpec {
  const manifest = { ...MANIFEST, world: "engine" } as const;
  return glueSpec([{ op: "count" }], { manifest, script: { source, digest: b2(source) } });
}

const READ = { op: "call", iface: "filesystem", func: "readFile", args: ["a.txt"] };
const EXISTS = { op: "call", iface: "filesystem", func: "fileExists", args: ["a"] };

describe.each(["thread", "child"] as const)("createWasm() in a %s", (where) => {
  function spec(steps: readonly object[], changed: Parameters<typeof glueSpec>[1] = {}): WasmSpec {
    return glueSpec(steps, { where, ...changed });
  }
  async function output(steps: readonly object[], io: Partial<RunIo> = {}): Promise<unknown> {
    return outputOf(valueOf(await at.run(wasm, spec(steps), io)));
  }

  it("gives what the guest returns, and what it used", async () => {
    const { io } = answering(() => ({ ok: true, value: true }));
    const outcome = await at.run(wasm, spec([{ op: "fuel", times: 10 }, { ...EXISTS, times: 3 }]), io);
    expect(valueOf(outcome)).toMatchObject({ output: "[10,true]", error: null, fuelUsed: 10, calls: 3, log: [] });
    expect(outcome).toMatchObject({ started: true, usage: { outputBytes: 9 }, notices: [] });
    expect(outcome.profile).toMatch(/^b2:/);
  });

  it("gives each call an instance of its own", async () => {
    await output([{ op: "count" }, { op: "count" }]);
    const [[inside]] = await output([{ op: "count" }]) as [[number, number]];
    expect(inside).toBe(1);
  });

  it("hands arguments and answers over as they are", async () => {
    const bytes = [0, 255, 128, 10];
    const { io, seen } = answering((call) =>
      call.func === "read-file"
        ? { ok: true, value: Uint8Array.from(bytes) }
        : call.func === "list-dir"
        ? { ok: true, value: [{ name: "ä", kind: "file", size: 3 }] }
        : { ok: true, value: undefined }
    );
    const got = await output([
      READ,
      { op: "call", iface: "filesystem", func: "writeFile", args: ["b", { bytes }] },
      { op: "call", iface: "filesystem", func: "listDir", args: ["."] },
    ], io);
    expect(got).toEqual([{ bytes }, null, [{ name: "ä", kind: "file", size: 3 }]]);
    expect(seen.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(decodeHostCall(seen[1] as HostCall)).toEqual({
      kind: "write-file",
      path: "b",
      data: Uint8Array.from(bytes),
    });
  });

  it("hands an error over as the typed one that the guest can show", async () => {
    const { io } = answering(() => ({ ok: false, error: { tag: "denied", val: "no rule allows a.txt" } }));
    expect(await output([{ op: "catching", inner: READ }], io)).toEqual([
      { tag: "denied", val: "no rule allows a.txt" },
    ]);
  });

  it("answers denied inside for an interface that was not declared: nothing is asked", async () => {
    const { io, seen } = answering(() => ({ ok: true, value: true }));
    const step = { op: "catching", inner: READ };
    const value = valueOf(await at.run(wasm, spec([step], { declared: ["http"] }), io));
    expect(outputOf(value)).toEqual([{ tag: "denied", val: expect.stringContaining("not declared") }]);
    expect([seen, value.calls]).toEqual([[], 0]);
  });

  it("answers denied where nobody answers", async () => {
    expect(await output([{ op: "catching", inner: READ }])).toEqual([{ tag: "denied", val: expect.anything() }]);
  });

  it("answers failed when the host throws, without what it threw, or gives what does not fit", async () => {
    const step = { op: "catching", inner: READ };
    const thrown = await output([step], { host: () => Promise.reject(new TypeError("secret detail")) });
    expect(thrown).toEqual([{ tag: "failed", val: "the host could not answer" }]);
    const { io } = answering(() => ({ ok: true, value: "no bytes" }));
    expect(await output([step], io)).toEqual([{ tag: "failed", val: expect.anything() }]);
  });

  it("answers invalid for arguments that the interface does not have", async () => {
    const { io, seen } = answering(() => ({ ok: true, value: true }));
    const got = await output([{ op: "catching", inner: { ...EXISTS, args: ["a", "b"] } }], io);
    expect(got).toEqual([{ tag: "invalid", val: expect.anything() }]);
    expect(seen).toEqual([]);
  });

  it("tells the tool's own error from a trap", async () => {
    expect(valueOf(await at.run(wasm, spec([{ op: "fail", text: "no such colour" }])))).toMatchObject({
      output: null,
      error: "no such colour",
      stage: "run",
    });
    const trapped = await at.run(wasm, spec([{ op: "trap" }]));
    expect([codeOf(trapped), trapped.started]).toEqual(["WASM_TRAP", true]);
    // The trapped program is gone; the next call has a new one.
    const [[inside, outside]] = await output([{ op: "count" }]) as [[number, number]];
    expect([inside, outside]).toEqual([1, 1]);
  });

  it("ends a loop with its fuel, and counts it", async () => {
    expect(codeOf(await at.run(wasm, spec([{ op: "spin" }], { limits: { fuel: 50_000 } })))).toBe("LIMIT_FUEL");
    const exact = await at.run(wasm, spec([{ op: "fuel", times: 1000 }], { limits: { fuel: 1000 } }));
    expect(valueOf(exact).fuelUsed).toBe(1000);
    expect(codeOf(await at.run(wasm, spec([{ op: "fuel", times: 1001 }], { limits: { fuel: 1000 } })))).toBe(
      "LIMIT_FUEL",
    );
  });

  it("ends a loop at its deadline", async () => {
    const begun = performance.now();
    const outcome = await at.run(wasm, spec([{ op: "spin" }], { limits: { wallMs: 100, fuel: 5e10 } }));
    expect(codeOf(outcome)).toBe("LIMIT_TIME");
    // With all of its fuel it would run for minutes.
    expect(performance.now() - begun).toBeLessThan(30_000);
  });

  it("ends by force what does not listen, and the next call works", async () => {
    const begun = performance.now();
    const outcome = await at.run(wasm, spec([{ op: "deaf", ms: 15_000 }], { limits: { wallMs: 50 } }));
    expect(codeOf(outcome)).toBe("LIMIT_TIME");
    expect(performance.now() - begun).toBeLessThan(15_000);
    const stuck = RUNTIME === "deno" && where === "thread";
    expect(outcome.notices.map(({ code }) => code)).toEqual(stuck ? ["WASM_STUCK"] : []);
    expect(await output([{ op: "count" }])).toEqual([[1, 1]]);
  });

  it("lets no guest go on after the call that is over its budget", async () => {
    const { io, seen } = answering(() => ({ ok: true, value: true }));
    const over = { op: "catching", inner: { ...EXISTS, times: 6 } };
    const outcome = await at.run(wasm, spec([over], { limits: { calls: 5 } }), io);
    expect([codeOf(outcome), seen.length]).toEqual(["LIMIT_CALLS", 5]);
    const after = await at.run(wasm, spec([over, { op: "spin" }], { limits: { calls: 5 } }), io);
    expect(codeOf(after)).toBe("LIMIT_CALLS");
  });

  it("answers exhausted when the bytes over the border are used up", async () => {
    const { io, seen } = answering(() => ({ ok: true, value: new Uint8Array(600) }));
    const step = { op: "catching", inner: { ...READ, times: 9 } };
    const value = valueOf(await at.run(wasm, spec([step], { limits: { bytes: 2000 } }), io));
    expect(outputOf(value)).toEqual([{ tag: "exhausted", val: expect.stringContaining("2000") }]);
    expect(seen.length).toBe(4);
  });

  it("stops the time while a person is asked", async () => {
    const slow: Partial<RunIo> = {
      async host(_call, { pause }) {
        const go = pause();
        await new Promise((resolve) => setTimeout(resolve, 3_200));
        go();
        go();
        return { ok: true, value: true };
      },
    };
    const outcome = await at.run(wasm, spec([EXISTS, { op: "fuel", times: 1 }], { limits: { wallMs: 3_000 } }), slow);
    expect(valueOf(outcome).output).toBe("[true,1]");
  });

  it("ends at its deadline in the middle of a host call", async () => {
    let aborted: Promise<unknown> = Promise.resolve();
    const hanging: Partial<RunIo> = {
      host(_call, { signal }) {
        aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
        return new Promise(() => {});
      },
    };
    const steps = [{ op: "catching", inner: EXISTS }, { op: "spin" }];
    expect(codeOf(await at.run(wasm, spec(steps, { limits: { wallMs: 100, fuel: 5e10 } }), hanging))).toBe(
      "LIMIT_TIME",
    );
    await aborted;
  });

  it("is cancelled in the middle of a host call, while it computes, and before it starts", async () => {
    const inCall = new AbortController();
    const hanging: Partial<RunIo> = {
      signal: inCall.signal,
      host() {
        inCall.abort();
        return new Promise(() => {});
      },
    };
    expect(codeOf(await at.run(wasm, spec([EXISTS]), hanging))).toBe("CANCELLED");
    const computing = new AbortController();
    const { io } = answering(() => {
      setTimeout(() => computing.abort(), 20);
      return { ok: true, value: true };
    });
    const spinning = spec([EXISTS, { op: "spin" }], { limits: { fuel: 5e10 } });
    expect(codeOf(await at.run(wasm, spinning, { ...io, signal: computing.signal }))).toBe("CANCELLED");
    const before = await at.run(wasm, spec([EXISTS]), { signal: AbortSignal.abort() });
    expect([codeOf(before), before.started]).toEqual(["CANCELLED", false]);
  });

  it("caps the result, the input and the log", async () => {
    expect(codeOf(await at.run(wasm, spec([{ op: "text", size: 1001 }], { limits: { outputBytes: 1000 } }))))
      .toBe("LIMIT_OUTPUT");
    expect(valueOf(await at.run(wasm, spec([{ op: "text", size: 1000 }], { limits: { outputBytes: 1000 } }))).output)
      .toHaveLength(1000);
    const large = await at.run(wasm, spec([{ op: "count" }], { limits: { inputBytes: 5 } }));
    expect([codeOf(large), large.started]).toEqual(["LIMIT_SIZE", false]);
    const lines = await at.run(wasm, spec([{ op: "log", times: 300, size: 2 }]));
    expect(valueOf(lines).log).toHaveLength(200);
    expect(lines.notices.map(({ code }) => code)).toEqual(["LOG_CUT"]);
    const wide = valueOf(await at.run(wasm, spec([{ op: "log", times: 2, size: 100_000 }]))).log;
    expect(wide.map(({ message }) => Buffer.byteLength(message))).toEqual([65_536]);
  });

  it("shows log lines while it runs", async () => {
    const shown: string[] = [];
    await at.run(wasm, spec([{ op: "log", times: 2, size: 1 }]), {
      onOutput: (_stream, chunk) => void shown.push(new TextDecoder().decode(chunk)),
    });
    expect(shown).toEqual(["warn: é\n", "warn: é\n"]);
  });

  it("has a clock that stands and bytes that repeat, unless it was given real ones", async () => {
    const step = [{ op: "sources" }];
    const one = await output(step);
    expect(await output(step)).toEqual(one);
    // The time of the call's id.
    expect(one).toEqual([["1469922850259", expect.any(Array)]]);
    const other = outputOf(valueOf(await at.run(wasm, spec(step, { seed: "call_01ARZ3NDEKTSV4RRFFQ69G5FAW" }))));
    expect(other).not.toEqual(one);
    const real = spec(step, { clock: true, random: true });
    const [[now, bytes]] = outputOf(valueOf(await at.run(wasm, real))) as [[string, number[]]];
    expect(Math.abs(Number(now) - Date.now())).toBeLessThan(60_000);
    expect([[now, bytes]]).not.toEqual(outputOf(valueOf(await at.run(wasm, real))));
    expect(codeOf(await at.run(wasm, spec([{ op: "bytes", count: 65_537 }])))).toBe("WASM_TRAP");
  });

  it("takes texts as UTF-8 only", async () => {
    expect(await output([{ op: "decode", bytes: [0xef, 0xbb, 0xbf, 0x61] }, { op: "count" }])).toEqual([
      "\uFEFFa",
      [1, expect.any(Number)],
    ]);
    const outcome = await at.run(wasm, spec([{ op: "decode", bytes: [0x61, 0xff] }]));
    expect(outcome).toMatchObject({ ok: false, code: "WASM_TRAP", reason: expect.stringContaining("UTF-8") });
  });

  it("leaves nothing of the runtime in reach of the glue", async () => {
    const [names, frozen] = await output([{ op: "reach" }, { op: "frozen" }]) as [string[], boolean];
    const wrong = ["fetch", "Deno", "WebSocket", "Worker", "require", "setTimeout", "navigator", "crypto", "Bun"];
    expect(names.filter((name) => wrong.includes(name))).toEqual([]);
    expect(frozen).toBe(true);
  });
});

describe("createWasm()", () => {
  it("needs a permit for exactly this spec, once", async () => {
    const spec = glueSpec([{ op: "count" }]);
    const io = at.io();
    function mint(): Permit {
      return at.permits.mint({ call: at.call(), intent: 1, digest: at.digest(spec), tier: "wasm-sandbox" });
    }
    const forged = await wasm.run(new Permit(), spec, io);
    expect(forged).toMatchObject({ ok: false, code: "PERMIT_INVALID", started: false });
    const changed = { ...spec, input: "[]" };
    expect(codeOf(await wasm.run(mint(), changed, io))).toBe("PERMIT_INVALID");
    const more = { ...spec, limits: { ...spec.limits, calls: spec.limits.calls + 1 } };
    expect(codeOf(await wasm.run(mint(), more, io))).toBe("PERMIT_INVALID");
    const permit = mint();
    expect(codeOf(await wasm.run(permit, spec, io))).toBe("ok");
    expect(codeOf(await wasm.run(permit, spec, io))).toBe("PERMIT_INVALID");
  });

  it("refuses a spec that cannot be meant", async () => {
    const script = { source: "x", digest: b2("y") };
    const engine = { ...MANIFEST, world: "engine" } as const;
    for (
      const [spec, code] of [
        [glueSpec([], { limits: { fuel: 1e12 } }), "LIMIT_INVALID"],
        [glueSpec([], { limits: { wallMs: 0 } }), "LIMIT_INVALID"],
        [glueSpec([], { script }), "SPEC_INVALID"],
        [glueSpec([], { manifest: engine }), "SPEC_INVALID"],
        [glueSpec([], { manifest: engine, script }), "SPEC_INVALID"],
        [glueSpec([], { manifest: { ...MANIFEST, imports: [] } }), "SPEC_INVALID"],
      ] as const
    ) {
      const outcome = await at.run(wasm, spec);
      expect([codeOf(outcome), outcome.started]).toEqual([code, false]);
    }
  });

  it("loads a script before it runs it, and says which of the two failed", async () => {
    const engine = createWasm(at.deps, { store: glueStore({ ...MANIFEST, world: "engine" }) });
    expect(outputOf(valueOf(await at.run(engine, scripted("four"))))).toEqual([[5, 1]]);
    expect(valueOf(await at.run(engine, scripted("bad")))).toMatchObject({ error: "line 1: bad", stage: "load" });
    await engine.close();
  });

  it("asks for bytes that the store does not have, and takes no others", async () => {
    const store = glueStore();
    const empty = createWasm(at.deps, { store: { ...store, load: () => Promise.resolve(null) } });
    expect(codeOf(await at.run(empty, glueSpec([{ op: "count" }])))).toBe("NOT_FOUND");
    const other = { component: () => Promise.resolve(new Uint8Array(3)) };
    expect(codeOf(await at.run(empty, glueSpec([{ op: "count" }]), other))).toBe("DIGEST_MISMATCH");
    await empty.close();
  });

  it("answers ten thousand host calls and stays responsive", async () => {
    const begun = performance.now();
    let last = begun;
    let longest = 0;
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const { io, seen } = answering(() => ({ ok: true, value: true }));
    const many = glueSpec([{ ...EXISTS, times: 10_000 }], { limits: { calls: 10_000, wallMs: 60_000 } });
    expect(valueOf(await at.run(wasm, many, io)).calls).toBe(10_000);
    clearInterval(timer);
    expect(seen.length).toBe(10_000);
    // On a busy machine everything takes longer: what blocks us would do so for nearly all of it.
    expect(longest).toBeLessThan(Math.max(1000, (performance.now() - begun) / 2));
  });

  it("probes with a canary that runs", async () => {
    expect(await wasm.probe()).toEqual({
      ok: true,
      facts: { thread: "works", process: "works, without permissions", default: expect.any(String) },
    });
  });
});
