import {
  type Classification,
  joinObligations,
  NO_OBLIGATIONS,
  type Obligations,
  type PathTarget,
} from "../core/mod.ts";
import type { Passage } from "./passage.ts";

/** Decides the files that one walk opens, and remembers what was decided. */
export interface FileAdmission {
  /** Each file is decided like a read of its own; what is not plainly allowed is left out. */
  readonly admit: (realPath: string) => boolean;
  /**
   * Joins what holds for the files that output was taken from.
   *
   * @param realPaths Files that were admitted.
   */
  over(realPaths: Iterable<string>): { readonly classes: readonly Classification[]; readonly obligations: Obligations };
}

/**
 * Lets a walk of a decided call open further files.
 *
 * @param passage The call.
 * @returns The admission.
 */
export function admitFiles(passage: Passage): FileAdmission {
  const { deps, plan } = passage;
  const first = plan.actions[0];
  // Most files are like the first: only what differs is kept.
  const special = new Map<string, { classes: readonly Classification[]; obligations: Obligations }>();
  return {
    admit(real): boolean {
      if (first === undefined) return false;
      const target: PathTarget = { kind: "path", real, lexical: real, file: "file", staged: false };
      const classes = deps.policy.classify(target);
      const { decision, obligations } = deps.policy.decide({ ...first, capability: "file_read", target, classes });
      if (decision !== "allow" && decision !== "allow_with_redaction") return false;
      if (obligations !== NO_OBLIGATIONS || classes.some((name) => !first.classes.includes(name))) {
        special.set(real, { classes, obligations });
      }
      return true;
    },
    over(realPaths) {
      const classes = new Set<Classification>();
      const all: Obligations[] = [];
      for (const real of realPaths) {
        const found = special.get(real);
        if (found === undefined) continue;
        for (const name of found.classes) classes.add(name);
        all.push(found.obligations);
      }
      return { classes: [...classes], obligations: joinObligations(all) };
    },
  };
}
