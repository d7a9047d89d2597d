import { type ApprovalRequest, type Digest, digestOf, type PreviewChange } from "../../core/mod.ts";
import type { StagedChange, StagedRun } from "../../sandbox/mod.ts";
import { type DecidedAction, offeredScopes } from "../approve.ts";
import { maskPreview } from "../mask-preview.ts";
import type { Passage } from "../passage.ts";
import { decodeText } from "../tools/write-effect.ts";
import type { WeighedChange } from "./weigh.ts";

/** A change of a run that needs an answer, with its decision. */
export interface AskedChange {
  readonly weighed: WeighedChange;
  readonly decided: DecidedAction;
}

const MAX_SIDE_BYTES = 256 * 1024;
const MAX_TOTAL_BYTES = 8 * 1024 * 1024;

/**
 * Builds the one question for all asking changes of a run; what runs later without being asked stands on top.
 *
 * @param passage The command's call.
 * @param run Where the content is, and the exit status of the command.
 * @param asked The asking changes, at least one.
 * @returns The question, bound to a digest of every change.
 */
export function changesQuestion(
  passage: Passage,
  { stage, exit }: { readonly stage: StagedRun; readonly exit: number | null },
  asked: readonly AskedChange[],
): ApprovalRequest {
  const { deps, proposal, plan } = passage;
  // Whoever keeps the changes of a command wants to know whether it failed in the middle.
  const ended = exit === null || exit === 0 ? "" : `, which ended with exit ${exit}`;
  const decided = asked.map((entry) => entry.decided);
  const ordered = asked.toSorted((a, b) => Number(b.weighed.change.runsLater) - Number(a.weighed.change.runsLater));
  return {
    session: deps.session,
    call: proposal.call,
    actor: proposal.provenance.actor,
    tool: proposal.tool,
    title: deps.redactor.mask(`Keep ${summarise(asked)} of: ${plan.title}${ended}`).text,
    tier: "host-supervised",
    actions: decided,
    preview: maskPreview(deps.redactor, {
      kind: "changes",
      summary: summarise(asked),
      changes: previews(stage, ordered.map(({ weighed: { change } }) => change)),
    }),
    tainted: decided.some(({ action }) => action.tainted),
    origins: proposal.provenance.label.sources.map((source) => deps.redactor.mask(source).text),
    handles: [],
    scopes: offeredScopes(decided),
    timeoutMs: Math.min(...decided.map(({ verdict }) => verdict.approval?.timeoutMs ?? 0)),
    digest: digestChanges(passage, asked),
  };
}

/**
 * Names a number of changes.
 *
 * @param asked The changes.
 * @returns e.g. `1 change (src/a.ts)`.
 */
export function summarise(asked: readonly AskedChange[]): string {
  return asked.length === 1 ? `1 change (${asked[0]?.weighed.change.relative ?? ""})` : `${asked.length} changes`;
}

/**
 * Names a change as the question shows it; an answer chooses by this name.
 *
 * @param passage The command's call.
 * @param change One change.
 * @returns Its path relative to the project, masked.
 */
export function shownPath(passage: Passage, change: StagedChange): string {
  return passage.deps.redactor.mask(change.relative).text;
}

function digestChanges(passage: Passage, asked: readonly AskedChange[]): Digest {
  return digestOf({
    v: 1,
    session: passage.deps.session,
    call: passage.proposal.call,
    policy: passage.deps.policy.generation.digest,
    changes: asked.map(({ weighed: { change } }) => ({
      path: change.path,
      kind: change.kind,
      before: change.digestBefore,
      after: change.digestAfter,
      mode: change.mode,
    })),
  });
}

/**
 * Reads both sides of changes, as far as they can be shown.
 *
 * @param stage Where they are.
 * @param changes Which ones.
 * @returns The same changes with their texts, not masked.
 */
export function previews(stage: StagedRun, changes: readonly StagedChange[]): readonly PreviewChange[] {
  let left = MAX_TOTAL_BYTES;
  return changes.map((change): PreviewChange => {
    const sides = stage.readChange(change.path, Math.min(MAX_SIDE_BYTES, left));
    left = Math.max(0, left - (sides.before?.length ?? 0) - (sides.after?.length ?? 0));
    return {
      path: change.relative,
      kind: change.kind,
      runsLater: change.runsLater,
      before: sides.before === null ? null : decodeText(sides.before),
      after: sides.after === null ? null : decodeText(sides.after),
      bytes: change.bytes,
    };
  });
}
