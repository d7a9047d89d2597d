import type { PolicyDocument, PolicyRule } from "./document.ts";
import type { Globs } from "./regions/globs.ts";

/** What is known about a policy besides its text. */
export interface LintFacts {
  /** `false` for a file whose `allow`s do not count: an untrusted project. */
  readonly grants: boolean;
}

/** What a check may look at besides its rule. */
export interface LintContext {
  readonly document: PolicyDocument;
  readonly facts: LintFacts;
  readonly globs: Globs;
  /** Ids of rules that some test or example reaches. */
  readonly reached: ReadonlySet<string>;
}

/** What a check says of a rule. */
export interface LintText {
  readonly message: string;
  readonly fix: string;
}

/** Tells whether a rule lets through without a question. */
export function isAllow({ effect }: PolicyRule): boolean {
  return effect === "allow" || effect === "allow_with_redaction";
}
