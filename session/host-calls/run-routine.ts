import { AgentZeroError, digestOf, type HostReply, type Outcome, type SecretBytes } from "../../core/mod.ts";
import { specDigest } from "../../sandbox/mod.ts";
import type { GateDeps } from "../deps.ts";
import { type EffectIo, mint, type PermitGround, revealer, spender } from "../effects.ts";
import type { RoutineEffect } from "../tools/tool.ts";
import type { Guest, GuestRun } from "./guest.ts";
import type { ContentScan, RoutineValue } from "./routine.ts";
import { runWasm } from "./run-wasm.ts";

/**
 * Runs core code behind a tool. It gets a permit of its own, spent before its first statement; what it does to the world
 * it asks for, call by call.
 *
 * @param deps The gate's wiring.
 * @param ground The recorded intent.
 * @param run The routine and what it may use.
 * @returns Its outcome; never throws.
 */
export async function runRoutine(
  deps: GateDeps,
  ground: PermitGround,
  run: { readonly effect: RoutineEffect; readonly io: EffectIo },
): Promise<Outcome<RoutineValue>> {
  const { effect, io } = run;
  const begun = deps.clock.mono();
  const base = {
    started: true,
    profile: digestOf({ backend: "routine", form: 1, tier: effect.tier }),
    notices: [],
  };
  function ended(): { readonly ms: number } {
    return { ms: Math.max(0, Math.round(deps.clock.mono() - begun)) };
  }
  try {
    const reveal = permitted(deps, ground, run);
    if (io.io.signal.aborted) return { ...base, ...ended(), usage: NONE, ok: false, ...STOPPED };
    const guest = effect.guest === null ? null : openGuest(io, effect.guest);
    const value = await effect.run({
      signal: guest?.signal ?? io.io.signal,
      host: (call) => guest?.host(call) ?? Promise.resolve(NOBODY),
      wasm: (spec, of) =>
        runWasm(deps, ground, { io, effect: { spec, guest: of.guest, component: () => of.component() } }),
      reveal,
      scan: contentScan(deps),
    });
    const usage = { outputBytes: Buffer.byteLength(value.output ?? ""), memoryBytes: null };
    return { ...base, ...ended(), usage, ok: true, value };
  } catch (cause) {
    const failure = cause instanceof AgentZeroError
      ? { code: cause.code, reason: cause.message, hint: cause.hint ?? null }
      : { code: "TOOL_ERROR", reason: "Cannot go on: it failed inside", hint: null };
    return { ...base, ...ended(), usage: NONE, ok: false, ...failure };
  }
}

function contentScan({ redactor, audit, ids }: GateDeps): ContentScan {
  const run = ids.next("exe");
  return {
    find: (text) => redactor.find(text),
    detect: (text) => redactor.detect(text),
    mask: async (text) => (await redactor.maskDetected(text, ["secret", "credential", "pii"])).text,
    tag: (value) => audit.tag(`${run}\n${value}`).replace(/^[a-z0-9]+:/u, "").slice(0, 12),
  };
}

const NONE = { outputBytes: 0, memoryBytes: null };
const STOPPED = { code: "CANCELLED", reason: "Cannot run: the call was cancelled", hint: null };
const NOBODY: HostReply = { ok: false, error: { tag: "denied", val: "Cannot ask: this code makes no calls" } };

function openGuest({ guests }: EffectIo, guest: Guest): GuestRun {
  if (guests === null) throw new TypeError("Cannot run: a guest does not run guests");
  return guests(guest);
}

// Text that was read before needs no permit; everything else spends one for exactly this.
function permitted(
  deps: GateDeps,
  ground: PermitGround,
  { effect, io }: { readonly effect: RoutineEffect; readonly io: EffectIo },
): (handle: string) => Promise<SecretBytes> {
  if (effect.tier === "none") return () => Promise.reject(new TypeError("Cannot reveal secret: nothing was permitted"));
  const digest = specDigest(effect.spec);
  const permit = mint(deps, ground, { digest, tier: effect.tier });
  spender(deps).spend(permit, digest, effect.tier);
  const secrets = revealer(deps, io.handles);
  return (handle) => secrets.reveal(permit, handle);
}
