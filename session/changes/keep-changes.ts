import type { StagedRun } from "../../sandbox/mod.ts";
import type { CallFailure } from "../call.ts";
import { mint, spender } from "../effects.ts";
import type { Passage } from "../passage.ts";
import { record } from "../record.ts";
import { type RecordSubject, resultEvent } from "../record-events.ts";

/**
 * Keeps chosen changes: they become part of the project, and what became of each is on record.
 *
 * @param passage The command's call.
 * @param run The staged view, the recorded decision, and which paths to keep.
 * @returns The paths that were kept, and why not all of them were, or `null`.
 */
export async function keepChanges(
  passage: Passage,
  run: {
    readonly subject: RecordSubject;
    readonly stage: StagedRun;
    readonly intent: number;
    readonly paths: readonly string[];
  },
): Promise<{ readonly paths: ReadonlySet<string>; readonly failure: CallFailure | null }> {
  const { deps, proposal } = passage;
  if (run.paths.length === 0) return { paths: new Set(), failure: null };
  const permit = mint(deps, { call: proposal.call, intent: run.intent }, {
    digest: run.stage.keepDigest(run.paths),
    tier: "host-supervised",
  });
  const outcome = await run.stage.keep(permit, run.paths, {
    signal: proposal.signal,
    permits: spender(deps),
    secrets: { reveal: () => Promise.reject(new TypeError("Cannot reveal secret: keeping changes needs none")) },
  });
  const kept = outcome.ok ? outcome.value.kept : [];
  const failure = outcome.ok
    ? firstProblem(outcome.value.failed)
    : { code: outcome.code, message: outcome.reason, hint: outcome.hint };
  const event = resultEvent(run.subject, {
    status: failure === null ? "ok" : "error",
    exit: null,
    ms: Math.round(outcome.ms),
    truncated: false,
    error: failure,
    bytesOut: 0,
    redactions: [],
    sandbox: outcome.profile,
    tagOut: null,
    changes: kept,
  });
  const written = await record(deps, event, { risky: true });
  return {
    paths: new Set(kept.map(({ path }) => path)),
    failure: typeof written === "number" ? failure : written,
  };
}

function firstProblem(
  failed: readonly { readonly path: string; readonly code: string; readonly reason: string }[],
): CallFailure | null {
  const [first] = failed;
  if (first === undefined) return null;
  const more = failed.length === 1 ? "" : ` (and ${failed.length - 1} more)`;
  return { code: first.code, message: `${first.reason}${more}`, hint: "run the command again" };
}
