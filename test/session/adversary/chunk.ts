import fc from "fast-check";
import { allTraces, SWEEPS } from "./alphabet.ts";
import type { TierKind } from "./open.ts";
import { judgeRecord } from "./judge-record.ts";
import { play } from "./play.ts";
import { POLICY_NAMES, type PolicyName } from "./policies.ts";
import { pointedTraces } from "./pointed.ts";
import { hostileTraces, type Trace } from "./traces.ts";
import { createWorld, type World } from "./world.ts";

/** Some traces in a world of their own: seeded ones, those that aim at one rule each, or a part of all short ones. */
export type Chunk =
  | {
    readonly kind: "pointed";
    readonly policy: PolicyName;
    readonly traces: number;
    readonly from: number;
    readonly step: number;
  }
  | { readonly kind: "seeded"; readonly seed: number; readonly traces: number; readonly tiers: TierKind }
  | { readonly kind: "swept"; readonly sweep: number; readonly from: number; readonly traces: number };

/** What came of a chunk. */
export interface ChunkReport {
  readonly played: number;
  readonly unsafe: number;
  readonly asks: number;
  /** What was found, with the trace that did it. */
  readonly findings: readonly string[];
}

/** One trace in so many is played twice and must go the same way. */
const TWICE = 25;

/** Plays a chunk in a world that is made for it and gone afterwards. */
export async function playChunk(chunk: Chunk): Promise<ChunkReport> {
  const world = await createWorld(policyFor(chunk));
  try {
    return await playAll(world, chunk);
  } finally {
    world.close();
  }
}

function policyFor(chunk: Chunk): PolicyName {
  if (chunk.kind === "pointed") return chunk.policy;
  if (chunk.kind === "swept") return SWEEPS[chunk.sweep]?.policy ?? "trusting";
  return POLICY_NAMES[chunk.seed % POLICY_NAMES.length] ?? "careless";
}

async function playAll(world: World, chunk: Chunk): Promise<ChunkReport> {
  const tiers = chunk.kind === "seeded" ? chunk.tiers : "played";
  const report = { played: 0, unsafe: 0, asks: 0, findings: [] as string[] };
  for (const trace of tracesOf(world, chunk)) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, on one project
    const { found, asks, decisions } = await play(world, trace, tiers);
    const bad = [...found];
    if (tiers === "played" && report.played % TWICE === 0) {
      // oxlint-disable-next-line no-await-in-loop
      const again = await play(world, trace, tiers);
      const both = [...decisions, ...again.decisions].join("\n");
      // What a command may not see is looked for within a time: on a busy machine it is refused where it took longer.
      if (again.decisions.join("\n") !== decisions.join("\n") && !both.includes("LIMIT_SIZE")) {
        bad.push(`I5 another time it went another way: ${decisions.join("; ")} / ${again.decisions.join("; ")}`);
      }
    }
    report.played++;
    report.asks += asks;
    if (bad.length === 0) continue;
    report.unsafe++;
    report.findings.push(`${bad.join("\n  ")}\n  ${world.policy}: ${JSON.stringify(trace)}`);
  }
  const broken = await judgeRecord(world);
  if (broken.length > 0) report.unsafe++;
  report.findings.push(...broken);
  return report;
}

function tracesOf(world: World, chunk: Chunk): readonly Trace[] {
  if (chunk.kind === "pointed") {
    return pointedTraces(world).filter((_, index) => index % chunk.step === chunk.from % chunk.step).slice(
      0,
      chunk.traces,
    );
  }
  if (chunk.kind === "seeded") return fc.sample(hostileTraces(world), { seed: chunk.seed, numRuns: chunk.traces });
  const sweep = SWEEPS[chunk.sweep];
  return sweep === undefined ? [] : allTraces(world, sweep).slice(chunk.from, chunk.from + chunk.traces);
}
