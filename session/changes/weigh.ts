import { type AtomicAction, type Classification, type Finding, isUntrusted } from "../../core/mod.ts";
import type { StagedChange, StagedRun } from "../../sandbox/mod.ts";
import { carriedClasses } from "../carried-classes.ts";
import type { IgnoreRules } from "../ignored.ts";
import type { Passage } from "../passage.ts";

/** Why a change can never be kept, whatever policy says. */
export type Obstacle = "leak" | "unscannable" | "packed";

/** A file change of a command, as an action to decide. */
export interface WeighedChange {
  readonly change: StagedChange;
  readonly action: AtomicAction;
  readonly obstacle: Obstacle | null;
  /** The secret values that are in it. */
  readonly leaked: readonly Finding[];
  /** The project's own ignore files name it: dropped without counting as refused. */
  readonly ignored: boolean;
}

const MAX_SCANNED_BYTES = 64 * 1024 * 1024;

/**
 * Makes a staged change an atomic action, its real content searched for secret values.
 *
 * @param passage The command's call.
 * @param run Its staged view, the classes of all that the command could copy, and what git ignores here.
 * @param change One change.
 * @returns The change with its action.
 */
export function weighChange(
  passage: Passage,
  run: { readonly stage: StagedRun; readonly seen: readonly Classification[]; readonly rules: IgnoreRules },
  change: StagedChange,
): WeighedChange {
  const { deps } = passage;
  const target = {
    kind: "path",
    real: change.path,
    lexical: change.path,
    file: change.kind === "create" ? "missing" : change.entry === "symlink" ? "symlink" : "file",
    staged: true,
  } as const;
  return {
    change,
    ...findObstacle(passage, run.stage, change),
    ignored: run.rules.ignores(change.relative),
    action: {
      capability: "file_write",
      target,
      classes: carriedClasses(deps.policy.classify(target), run.seen),
      tier: "host-supervised",
      // The command may have copied anything it read into the file.
      tainted: isUntrusted(passage.proposal.provenance.label),
      skill: passage.plan.actions.find(({ skill }) => skill !== null)?.skill ?? null,
    },
  };
}

// Threat: a command that got a secret writes it into the project, where the next read shows it to the model; its name and
// the place a link points to are content like any other.
function findObstacle(
  passage: Passage,
  stage: StagedRun,
  change: StagedChange,
): Pick<WeighedChange, "obstacle" | "leaked"> {
  if (change.kind === "delete") return { obstacle: null, leaked: [] };
  const { redactor } = passage.deps;
  const named = redactor.find(change.relative);
  if (named.length > 0) return { obstacle: "leak", leaked: named };
  if (change.entry === "directory") return { obstacle: null, leaked: [] };
  // Objects of git are compressed: a value in a commit could not be seen.
  if (change.entry === "bundle") return { obstacle: passage.plan.handles.length > 0 ? "packed" : null, leaked: [] };
  const { after, truncated } = stage.readChange(change.path, MAX_SCANNED_BYTES);
  if (after === null) return { obstacle: truncated ? "unscannable" : null, leaked: [] };
  const leaked = redactor.findBytes(after);
  return { obstacle: leaked.length > 0 ? "leak" : null, leaked };
}
