import type { Classification, Clock, Digest, PathTarget } from "../core/mod.ts";
import type { PolicyEngine } from "../policy/mod.ts";
import { findMasked, type MaskedPaths } from "../sandbox/mod.ts";
import { modelAction } from "./model-action.ts";
import type { OpenModel } from "./providers/model.ts";

/** What a command may not see of the project. */
export interface HiddenPaths extends MaskedPaths {
  /** Classes of what is not hidden: the output of a command may hold any of it. */
  readonly classes: readonly Classification[];
}

/** What is hidden depends on. */
export interface HiddenPathsDeps {
  readonly project: string;
  readonly policy: PolicyEngine;
  /** Who gets the output of commands. */
  readonly model: OpenModel;
  readonly clock: Clock;
}

interface Judge {
  readonly policy: Digest;
  readonly deny: (realPath: string) => string | null;
  readonly classes: Set<Classification>;
}

/**
 * Creates the search for what commands must not see: what `read` would refuse, what the session's model may not receive,
 * and all that a rule calls secret or credential. Folders that did not change are remembered as long as policy stays the
 * same.
 *
 * Threat: `cat` of a file that a `classify` rule calls secret, whose text then counts as private. Nobody can tell which of
 * the files it sees a command has read, so it sees none of those: `read` shows them where policy lets it, and the
 * conversation remembers.
 *
 * @param deps Project, policy, model, clock.
 * @returns The search.
 */
export function createHiddenPaths(deps: HiddenPathsDeps): () => HiddenPaths {
  let judge: Judge | null = null;
  return () => {
    const { digest } = deps.policy.generation;
    if (judge === null || judge.policy !== digest) judge = createJudge(deps, digest);
    const found = findMasked(deps.project, judge.deny, { now: deps.clock.now() });
    return { ...found, classes: [...judge.classes] };
  };
}

function createJudge({ policy, model }: HiddenPathsDeps, digest: Digest): Judge {
  const masked = policy.masks();
  const classes = new Set<Classification>();
  return {
    policy: digest,
    classes,
    deny(real): string | null {
      const mask = masked(real);
      if (mask !== null) return mask;
      const target: PathTarget = { kind: "path", real, lexical: real, file: "file", staged: false };
      const own = policy.classify(target);
      // Most files have the class that all data has: nothing beyond the masks is asked about those.
      if (own.length === 1 && own[0] === "private") return null;
      const rule = refusedBy(policy, model, { target, classes: own });
      if (rule === null) { for (const name of own) classes.add(name); }
      return rule;
    },
  };
}

function refusedBy(
  policy: PolicyEngine,
  model: OpenModel,
  file: { readonly target: PathTarget; readonly classes: readonly Classification[] },
): string | null {
  if (file.classes.includes("secret") || file.classes.includes("credential")) return "classify";
  const read = policy.decide({
    ...file,
    capability: "file_read",
    tier: "host-readonly",
    tainted: false,
    skill: null,
  });
  if (read.decision === "deny" || read.decision === "requires_approval") return read.rule ?? "classify";
  const sent = policy.decide(modelAction(model, file.classes));
  return sent.decision === "deny" ? sent.rule ?? "classify" : null;
}
