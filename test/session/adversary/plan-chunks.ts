import { SWEEPS } from "./alphabet.ts";
import type { Chunk } from "./chunk.ts";

/** Traces of one world: enough to pay for making it, few enough that its record stays small. */
const PER_CHUNK = 200;
/** Of the seeded traces, one in so many goes through real processes and components. */
const REAL_SHARE = 50;
const LETTERS = 18;

/** Lists what there is to play: real tiers first, then the seeded and the short ones by turns. */
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
  return [...seeded.slice(0, Math.ceil(real / 20)), ...swept, ...seeded.slice(Math.ceil(real / 20))];
}

/** How many sequences there are up to a length. */
export function countTo(depth: number): number {
  let count = 0;
  for (let length = 1; length <= depth; length++) count += LETTERS ** length;
  return count;
}

function cut(sweep: number, count: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let from = 0; from < count; from += PER_CHUNK) {
    chunks.push({ kind: "swept", sweep, from, traces: Math.min(PER_CHUNK, count - from) });
  }
  return chunks;
}
