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
  readonly mode: SessionMode;
  readonly clock: Clock;
  readonly random: Random;
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
  readonly layer: Layer;
  readonly path: string;
  /** Hash of the bytes that count, or `null` when there is no file. */
  readonly sha256: string | null;
  /** `true` when its `allow`s count. */
  readonly grants: boolean;
  /** Number of rules in force. */
  readonly rules: number;
  readonly problems: readonly PolicyProblem[];
}

/** One immutable state of all layers together. */
export interface Generation {
  /** Counts up within a process. */
  readonly number: number;
  /** Digest over all that decides, for the record. */
  readonly digest: Digest;
  readonly state: "active" | "degraded" | "deny_all";
  readonly layers: readonly LayerStatus[];
  /** `true` when it came from the compiled bundle, `false` when from YAML, `null` without a project. */
  readonly bundled: boolean | null;
}

/** A rule that matched, in `policy explain`. */
export interface MatchInfo {
  readonly rule: string;
  readonly layer: Layer;
  readonly effect: Decision;
  /** `false` for an `allow` of an untrusted project. */
  readonly counts: boolean;
}

/** A rule that failed in exactly one matcher. */
export interface NearMiss {
  readonly rule: string;
  readonly failed: string;
  readonly saw: string;
}

/** Why an action is decided as it is. */
export interface Explanation {
  readonly v: 1;
  readonly decision: Decision;
  readonly rule: string | null;
  readonly layer: Layer | null;
  readonly reason: string;
  readonly matches: readonly MatchInfo[];
  readonly near_misses: readonly NearMiss[];
  readonly obligations: Obligations;
  readonly hint: string | null;
}

/** A remembered answer, as shown to people. */
export interface GrantInfo {
  /** `b2:` of the bound fields; `never.<12 hex>` for a stored deny. */
  readonly id: string;
  readonly decision: "allow" | "deny";
  readonly scope: GrantScope | "never";
  readonly capability: Capability;
  readonly shape: string;
  readonly rules: readonly RuleRef[];
  readonly tainted: boolean;
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
  readonly action: AtomicAction;
  /** The terms of the verdict that was answered. */
  readonly terms: ApprovalTerms;
  readonly scope: GrantScope | "never";
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
  readonly generation: Generation;
  /** Looks whether a source changed on disk and swaps in a whole new generation if so. Never throws. */
  refresh(): { readonly changed: boolean; readonly problem: string | null };
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
  /** Stores an answer. @throws PolicyError `GRANT_SCOPE`, `STATE_WRITE`. */
  remember(request: GrantRequest): Promise<void>;
  /** Answers in force, newest first. */
  grants(): readonly GrantInfo[];
  /** Drops one remembered answer by id; `false` if there is none. @throws PolicyError `STATE_WRITE`. */
  forget(id: string): Promise<boolean>;
  setMode(mode: SessionMode): void;
  /** Drops session grants; later decisions are denials. Idempotent. */
  close(): void;
}
