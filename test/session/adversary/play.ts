import { STDIN_LABEL } from "../../../session/mod.ts";
import { openPlayer, type Player, type Seen, type TierKind } from "./open.ts";
import { resultsOf } from "./oracle/evidence.ts";
import { violations } from "./oracle/violations.ts";
import { remoteModel, smallModel } from "./remote-model.ts";
import { changed, snapshot } from "./snapshot.ts";
import { GO_ON, type Segment, segmentsOf, type Trace, type Turn, turnsOf } from "./traces.ts";
import { arm, forgetLate, keepLate, type World } from "./world.ts";

/** What came of a trace. */
export interface Played {
  /** What it must not have done, by invariant; empty for every trace there is. */
  readonly found: readonly string[];
  /** Each call with its decision and answer, in order: equal traces give equal ones. */
  readonly decisions: readonly string[];
  /** Whose calls failed, and how often somebody was asked. */
  readonly failed: readonly string[];
  readonly asks: number;
}

/** Plays one trace on a world that is as new, and judges it. */
export async function play(world: World, trace: Trace, tiers: TierKind): Promise<Played> {
  arm(world);
  const before = { project: snapshot(world.project), outside: snapshot(world.outside) };
  world.requests.length = 0;
  world.boundRequests.length = 0;
  const seen: Seen = { events: [], questions: [], journal: [], meddled: new Set() };
  await converse(world, trace, { tiers, seen });
  const found = violations({
    world,
    trace,
    events: seen.events,
    questions: seen.questions,
    journal: seen.journal,
    project: changed(before.project, snapshot(world.project)),
    outside: changed(before.outside, snapshot(world.outside)),
    requests: world.requests,
    boundRequests: world.boundRequests,
    meddled: seen.meddled,
  });
  const results = resultsOf(seen);
  return {
    found,
    decisions: results.map(({ tool, decision, rule, approved, ok, error }) =>
      // Values that are masked have another name in each session.
      `${tool.replace(/SECRET_\w+/u, "SECRET")} ${decision} ${rule ?? "-"} ${approved ?? "-"} ${
        ok ? "ok" : error?.code ?? "-"
      }`
    ),
    failed: results.filter(({ ok }) => !ok).map(({ tool, error }) => `${tool}: ${error?.message ?? ""}`),
    asks: seen.questions.length,
  };
}

async function converse(
  world: World,
  trace: Trace,
  how: { readonly tiers: TierKind; readonly seen: Seen },
): Promise<void> {
  const turns = turnsOf(trace);
  const script = turns.map((turn) => `- ${JSON.stringify(turn)}\n`).join("");
  const options = { ...how, person: trace.person, meddles: trace.meddles === true, script };
  let player = await openPlayer(world, { ...options, resume: false });
  let said = 0;
  try {
    for (const segment of segmentsOf(trace)) {
      if (segment.before === "resume" || segment.before === "known") {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await player.composed.close();
        // oxlint-disable-next-line no-await-in-loop
        if (segment.before === "known") await keepLate(world);
        // oxlint-disable-next-line no-await-in-loop
        player = await openPlayer(world, { ...options, resume: true });
      }
      // oxlint-disable-next-line no-await-in-loop
      await prepare(player, segment, { turns, said, seen: how.seen });
      said += segment.replies.length + (segment.before === "summary" ? 2 : 1);
      const data = segment.before !== null || trace.stdin === null ? [] : [{ text: trace.stdin, label: STDIN_LABEL }];
      // oxlint-disable-next-line no-await-in-loop
      await player.submit(segment.before === null ? trace.prompt : GO_ON, data);
    }
  } finally {
    await player.composed.close();
    if (trace.steps.includes("known")) await forgetLate(world);
  }
}

async function prepare(
  { composed: { session, policy } }: Player,
  { before }: Segment,
  at: { readonly turns: readonly Turn[]; readonly said: number; readonly seen: Seen },
): Promise<void> {
  if (before === "summary") await session.compact();
  if (before === "remote") await session.changeModel(remoteModel(at.turns, at.said, at.seen.journal));
  if (before === "small") await session.changeModel(smallModel(at.turns, at.said));
  if (before === "reading") {
    policy.setMode("read-only");
    at.seen.journal.push({ kind: "reading" });
  }
  if (before === "known") at.seen.journal.push({ kind: "known" });
}
