import type {
  ApprovalTerms,
  AtomicAction,
  Capability,
  Classification,
  Clock,
  Decision,
  Digest,
  Layer,
  Obligations,
  Random,
  RuleRef,
  SkillActor,
  Target,
  Verdict,
} from "../core/mod.ts";
import type { GrantScope, PolicyProblem } from "./document.ts";

/** What policy needs to open. */
export interface PolicyOptions {
  /** Real path of the project, or `null` where there is none: then only the system, the user and the floor count. */
  readonly project: string | null;
  /** `$AGENTZERO_HOME`. */
  readonly home: string;
  /** The user's home folder: `${home}` in globs. */
  readonly userHome: string;
  /** The folder for temporary files: `${tmp}` in globs. */
  readonly tmp: string;
  /** The policy of the machine, usually `/etc/agentzero/policy.yml`. */
  readonly systemFile: string;
  /** The mode to start in; `setMode` changes it. */
  readonly mode: SessionMode;
  /** Says when answers and bundles were made and when they expire. */
  readonly clock: Clock;
  /** Names temporary files. */
  readonly random: Random;
  /** Derives the keys that protect trust, answers and bundles. */
  readonly keys: PolicyKeys;
  /** `true` leaves `.agentzero/state` as it is: for commands that only look. */
  readonly readOnlyState?: boolean;
}

/** Derives MAC keys; the part of the key store that policy needs. */
export interface PolicyKeys {
  /** 32 bytes for a label, e.g. `az/policy/v1`. */
  derive(label: string): Uint8Array;
}

/** `read-only` denies all but reading, whatever the rules say. */
export type SessionMode = "ask" | "read-only";

/** One source of rules as it counts now. */
export interface LayerStatus {
  /** Which source: `system`, `user` or `project`. */
  readonly layer: Layer;
  /** Where its file stands or would stand. */
  readonly path: string;
  /** Hash of the bytes that count, or `null` when there is no file. */
  readonly sha256: string | null;
  /** `true` when its `allow`s count. */
  readonly grants: boolean;
  /** Number of rules in force. */
  readonly rules: number;
  /** Why it does not count, or what is doubtful about it; empty for a sound file. */
  readonly problems: readonly PolicyProblem[];
}

/** One immutable state of all layers together. */
export interface Generation {
  /** Counts up within a process. */
  readonly number: number;
  /** Digest over all that decides, for the record. */
  readonly digest: Digest;
  /** `degraded` while an old policy stands in for a broken one; `deny_all` when there is none to stand in. */
  readonly state: "active" | "degraded" | "deny_all";
  /** Every source, outermost first, present or not. */
  readonly layers: readonly LayerStatus[];
  /** `true` when it came from the compiled bundle, `false` when from YAML, `null` without a project. */
  readonly bundled: boolean | null;
}

/** A rule that matched, in `policy explain`. */
export interface MatchInfo {
  /** Id of the rule. */
  readonly rule: string;
  /** Where it stands. */
  readonly layer: Layer;
  /** What its match calls for. */
  readonly effect: Decision;
  /** `false` for an `allow` of an untrusted project. */
  readonly counts: boolean;
}

/** A rule that failed in exactly one matcher. */
export interface NearMiss {
  /** Id of the rule. */
  readonly rule: string;
  /** The one matcher that did not hold, or `except`. */
  readonly failed: string;
  /** What that matcher was compared with, e.g. a real path. */
  readonly saw: string;
}

/** Why an action is decided as it is. */
export interface Explanation {
  /** Version of this JSON form. */
  readonly v: 1;
  /** What would be decided now. */
  readonly decision: Decision;
  /** Rule that decided, or `null` for a default deny. */
  readonly rule: string | null;
  /** Where that rule stands, or `null` for a default deny. */
  readonly layer: Layer | null;
  /** `<code>: <sentence>`. */
  readonly reason: string;
  /** Every rule that matches, severest first, then those that do not count. */
  readonly matches: readonly MatchInfo[];
  /** At most five, those that would let it through first. */
  readonly near_misses: readonly NearMiss[];
  /** What must be done to the data first. */
  readonly obligations: Obligations;
  /** What would change the answer, or `null`. */
  readonly hint: string | null;
}

/** A remembered answer, as shown to people. */
export interface GrantInfo {
  /** `b2:` of the bound fields; `never.<12 hex>` for a stored deny. */
  readonly id: string;
  /** `deny` exactly for the scope `never`. */
  readonly decision: "allow" | "deny";
  /** How far it reaches: `never` holds in this project until it is dropped. */
  readonly scope: GrantScope | "never";
  /** The one capability it answers for. */
  readonly capability: Capability;
  /** What it covers, as canonical text, e.g. an exact path or argv. */
  readonly shape: string;
  /** Every rule whose question it answers; empty for a stored deny. */
  readonly rules: readonly RuleRef[];
  /** `false` covers no action that untrusted text shaped; a stored deny is always `true`. */
  readonly tainted: boolean;
  /** The skill whose actions it covers, or `null` for the person's own agent; a stored deny covers both. */
  readonly skill: { readonly id: string; readonly digest: Digest | null } | null;
  /** The channel that answered: `terminal`, `flag`, `acp`. */
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds since 1970, or `null` for a stored deny. */
  readonly expires: number | null;
}

/** An answer to be remembered. */
export interface GrantRequest {
  /** The action that was asked about. */
  readonly action: AtomicAction;
  /** The terms of the verdict that was answered. */
  readonly terms: ApprovalTerms;
  /** How far the answer reaches; `never` stores a deny. */
  readonly scope: GrantScope | "never";
  /** The channel that answered. */
  readonly by: string;
}

/** A package or generated tool that a person approved as a whole: exactly its permissions, for exactly this digest. */
export interface PackageGrantRequest {
  /** The package as the actor that will run. */
  readonly skill: SkillActor;
  /** Did untrusted text shape it? */
  readonly tainted: boolean;
  /** How far the approval reaches. */
  readonly scope: "session" | "package";
  /** The channel that answered. */
  readonly by: string;
}

/** Decisions on several actions of one call. */
export interface CallVerdict {
  /** The most severe; the first of several. */
  readonly worst: Verdict;
  /** One each, in order. */
  readonly each: readonly Verdict[];
}

/** Decides actions and keeps answers; the one door to policy for a session. */
export interface PolicyEngine {
  /** What decides now; `refresh` may replace it, never change it. */
  readonly generation: Generation;
  /** Looks whether a source changed on disk and swaps in a whole new generation if so. Never rejects. */
  refresh(): Promise<{ readonly changed: boolean; readonly problem: string | null }>;
  /** Decides one action. Synchronous, pure over generation, grants and time, and total: what it cannot read it denies. */
  decide(action: AtomicAction): Verdict;
  /** Decides all actions of a call; none at all is a deny. */
  decideAll(actions: readonly AtomicAction[]): CallVerdict;
  /** Says why. */
  explain(action: AtomicAction): Explanation;
  /** Classes of the data at a place, by the `classify` rules; `private` if none says otherwise. */
  classify(target: Target): readonly Classification[];
  /** A test for real paths that no rule lets anybody read: gives the rule id, or `null`. For masks of the sandbox. */
  masks(): (realPath: string) => string | null;
  /**
   * Tells whether words stand literally in an `allow` of a trusted policy: one word for a real path, every word of a
   * command. What a wildcard of a pattern stands for must be `typed` by the person.
   */
  quotes(words: readonly string[], typed: (word: string) => boolean): boolean;
  /** Stores an answer. @throws PolicyError `GRANT_SCOPE`, `STATE_WRITE`. */
  remember(request: GrantRequest): Promise<void>;
  /** Stores the approval of a package as a whole. @throws PolicyError `GRANT_SCOPE`, `STATE_WRITE`. */
  grantPackage(request: PackageGrantRequest): Promise<void>;
  /** How far a package is approved as it stands: same digest, same permissions; `null` when it is not. */
  packageGrant(skill: SkillActor): GrantScope | null;
  /** Drops every approval of a package in this project; gives their number. @throws PolicyError `STATE_WRITE`. */
  revokePackage(id: string): Promise<number>;
  /** Answers in force, newest first. */
  grants(): readonly GrantInfo[];
  /** Files of trust and answers that something else changed: nothing in them counts. */
  tampered(): readonly string[];
  /** Drops one remembered answer by id; `false` if there is none. @throws PolicyError `STATE_WRITE`. */
  forget(id: string): Promise<boolean>;
  /** Whether it asks or only reads now. */
  readonly mode: SessionMode;
  /** Switches between asking and reading only, at once and for all later decisions. */
  setMode(mode: SessionMode): void;
  /** Drops session grants; later decisions are denials. Idempotent. */
  close(): void;
}
