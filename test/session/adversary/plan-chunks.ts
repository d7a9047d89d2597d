import { countTo, SWEEPS } from "./alphabet.ts";
import type { Chunk } from "./chunk.ts";
import { countPointed } from "./pointed.ts";
import { POLICY_NAMES } from "./policies.ts";

/** Traces of one world: enough to pay for making it, few enough that its record stays small. */
const PER_CHUNK = 200;
/** Of the seeded traces, one in so many goes through real processes and components. */
const REAL_SHARE = 50;

/** Lists what there is to play: real tiers first, then those that aim at one rule, then the seeded and the short ones by turns. */
export function planChunks(
  of: { readonly traces: number; readonly seed: number; readonly exhaustive: boolean },
): Chunk[] {
  const real = Math.ceil(of.traces / REAL_SHARE);
  let seed = of.seed;
  const seeded: Chunk[] = [];
  for (const [tiers, count, size] of [["real", real, 20], ["played", of.traces - real, PER_CHUNK]] as const) {
    for (let left = count; left > 0; left -= size) {
      seeded.push({ kind: "seeded", seed: seed++, traces: Math.min(left, size), tiers });
    }
  }
  const swept = of.exhaustive ? SWEEPS.flatMap(({ depth }, sweep) => cut(sweep, countTo(depth))) : [];
  const pointed = POLICY_NAMES.map((policy): Chunk => ({
    kind: "pointed",
    policy,
    traces: countPointed(),
    from: 0,
    step: 1,
  }));
  return [...seeded.slice(0, Math.ceil(real / 20)), ...pointed, ...swept, ...seeded.slice(Math.ceil(real / 20))];
}

function cut(sweep: number, count: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = 0; from < count; from += PER_CHUNK) {
    chunks.push({ kind: "swept", sweep, from, traces: Math.min(PER_CHUNK, count - from) });
  }
  return chunks;
}
