import type { Classification, Clock, Digest, PathTarget } from "../core/mod.ts";
import type { PolicyEngine } from "../policy/mod.ts";
import { type Deny, findMasked, type MaskedPaths } from "../sandbox/mod.ts";
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
  readonly deny: Deny;
  readonly classes: Set<Classification>;
}

/**
 * Creates the search for what commands must not see: what `read` would refuse or ask for, what the session's model may
 * not receive, and all that a rule calls secret or credential. A folder is hidden as a whole only where a rule denies it
 * by its path; everything else is judged file by file, exactly as `read` would be. Folders that did not change are remembered as long as policy stays the
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
  const folders = policy.masks();
  const sendable = new Map<string, string | null>();
  const classes = new Set<Classification>();
  function sent(own: readonly Classification[]): string | null {
    const key = own.join();
    const known = sendable.get(key);
    if (known !== undefined) return known;
    const verdict = policy.decide(modelAction(model, own));
    const rule = verdict.decision === "deny" ? verdict.rule ?? "classify" : null;
    sendable.set(key, rule);
    return rule;
  }
  return {
    policy: digest,
    classes,
    deny(real, kind): string | null {
      if (kind === "folder") return folders(real);
      const target: PathTarget = { kind: "path", real, lexical: real, file: "file", staged: false };
      const own = policy.classify(target);
      const rule = unreadable(policy, target, own) ?? (isPlain(own) ? null : sent(own));
      if (rule === null && !isPlain(own)) { for (const name of own) classes.add(name); }
      return rule;
    },
  };
}

// The class that all data has where nothing says otherwise.
function isPlain(classes: readonly Classification[]): boolean {
  return classes.length === 1 && classes[0] === "private";
}

function unreadable(
  policy: PolicyEngine,
  target: PathTarget,
  classes: readonly Classification[],
): string | null {
  if (classes.includes("secret") || classes.includes("credential")) return "classify";
  const { decision, rule } = policy.decide({
    target,
    classes,
    capability: "file_read",
    tier: "host-readonly",
    tainted: false,
    skill: null,
  });
  return decision === "deny" || decision === "requires_approval" ? rule ?? "no rule allows it" : null;
}
