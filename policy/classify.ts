import type { Classification, Target } from "../core/mod.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import { matchHost } from "./host-glob.ts";
import { matchAnyPath } from "./path-glob.ts";
import { foldPath } from "./path-syntax.ts";
import { classBit, classesOf, type Mask } from "./words-masks.ts";

/** What `classify` says of one place. */
export interface Classified {
  readonly classes: Mask;
  /** `true` when a granting layer says something, so that the default falls away. */
  readonly settled: boolean;
}

/** Gathers the classes of a path by either of its spellings. */
export function classifiedMask(
  policy: CompiledPolicy,
  { real, lexical }: { readonly real: string; readonly lexical: string },
): Classified {
  let classes: Mask = 0;
  let settled = false;
  for (const entry of policy.classify) {
    if (!matchAnyPath(entry.paths, real) && (lexical === real || !matchAnyPath(entry.paths, lexical))) continue;
    classes |= entry.classes;
    // What an untrusted project says of its data adds a class; it never takes the default away.
    settled ||= entry.grants;
  }
  return { classes, settled };
}

/**
 * Names the classes of the data at a place: every class that a matching `classify` gives it, and `private` unless a
 * granting layer settles it.
 *
 * @example
 * ```ts
 * classifyTarget(policy, target); // ["private"]
 * ```
 * @param policy Compiled layers.
 * @param target A path or a host; other targets have the default class.
 * @returns At least one class, in the order of the closed set.
 */
export function classifyTarget(policy: CompiledPolicy, target: Target): readonly Classification[] {
  const { classes, settled } = classifyMask(policy, target);
  return classesOf(settled ? classes : classes | classBit("private"));
}

function classifyMask(policy: CompiledPolicy, target: Target): Classified {
  switch (target.kind) {
    case "path": {
      const { fold } = policy.roots;
      return classifiedMask(policy, { real: foldPath(target.real, fold), lexical: foldPath(target.lexical, fold) });
    }
    case "network":
    case "model":
    case "secret":
      return target.host === null ? NOTHING : classifyHost(policy, target.host);
    case "command":
    case "package":
    case "import":
    case "skill":
      return NOTHING;
    default:
      return target satisfies never;
  }
}

const NOTHING: Classified = { classes: 0, settled: false };

function classifyHost(policy: CompiledPolicy, host: string): Classified {
  const matches = policy.classify.filter((entry) => entry.hosts.some((glob) => matchHost(glob, host)));
  return {
    classes: matches.reduce((mask, entry) => mask | entry.classes, 0),
    settled: matches.some((entry) => entry.grants),
  };
}
