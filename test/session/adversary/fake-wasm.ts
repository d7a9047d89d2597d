import { type Backend, digestOf } from "../../../core/mod.ts";
import type { WasmSpec, WasmValue } from "../../../sandbox/mod.ts";
import { type RunFrame, runFramed } from "../../../sandbox/outcome.ts";
import { systemClock } from "../../../cli/system/clock.ts";
import { type Program, programs } from "./programs.ts";

/**
 * The tier of components without a component: the known programs are played, and each of their host calls goes through
 * the gate as always.
 */
export function playedWasm(port: number): Backend<WasmSpec, WasmValue> {
  const profile = digestOf({ backend: "played-wasm", form: 1 });
  const frame: RunFrame = { tier: "wasm-sandbox", profile, action: "Cannot run component" };
  const known = new Map<string, Program>(Object.values(programs(port)).map((program) => [program.source, program]));
  return {
    tier: "wasm-sandbox",
    name: "played",
    probe: () => Promise.resolve({ ok: true, facts: {} }),
    run: (permit, spec, io) =>
      runFramed({ clock: systemClock }, { ...frame, permit, spec, io }, async (state) => {
        state.started = true;
        const program = known.get(spec.script?.source ?? "");
        let calls = 0;
        const base = { op: "wasm", stage: "run", log: [], fuelUsed: 1 } as const;
        try {
          if (program === undefined) throw new Error("no such program");
          const output = await program.play(JSON.parse(spec.input), async (iface, func, ...args) => {
            calls++;
            const reply = await io.host?.({ seq: calls, iface, func, args }, {
              signal: io.signal,
              pause: () => () => undefined,
            });
            if (reply?.ok !== true) throw new Error(JSON.stringify(reply?.error ?? "no host"));
            return reply.value;
          });
          return { ...base, output: JSON.stringify(output), error: null, calls };
        } catch (cause) {
          return { ...base, output: null, error: String(cause), calls };
        }
      }),
  };
}
