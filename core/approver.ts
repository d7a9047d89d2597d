import type { AtomicAction } from "./action.ts";
import type { Digest } from "./digest.ts";
import type { CallId, SessionId } from "./ids.ts";
import type { Verdict } from "./verdict.ts";
import type { ApprovalScope, IsolationTier } from "./words.ts";

/** What a person is asked. Every text may hold untrusted parts: the channel sanitises before it shows. */
export interface ApprovalRequest {
  /** The session that asks. */
  readonly session: SessionId;
  /** The call that would run. */
  readonly call: CallId;
  /** Who proposes: the model, a skill, an editor. */
  readonly actor: string;
  /** Name of the tool. */
  readonly tool: string;
  /** From policy facts, never model prose, e.g. `Write src/a.ts`. */
  readonly title: string;
  /** Where it would run. */
  readonly tier: IsolationTier;
  /** Every atomic action and what policy says of it. */
  readonly actions: readonly {
    readonly action: AtomicAction;
    readonly verdict: Verdict;
  }[];
  /** Exactly what would happen: argv, diff, URL. */
  readonly preview: ApprovalPreview;
  /** Did untrusted text shape a control-relevant argument? */
  readonly tainted: boolean;
  /** Names of the origins behind a tainted call. */
  readonly origins: readonly string[];
  /** Handles whose values would be delivered. */
  readonly handles: readonly string[];
  /** Scopes that may be answered, narrowest first; `never` is always understood. */
  readonly scopes: readonly Exclude<ApprovalScope, "never">[];
  /** How long the question stands, in milliseconds. */
  readonly timeoutMs: number;
  /** Binds the answer to what was shown. */
  readonly digest: Digest;
  /** Which question of a reply it is, counted from 1, as far as can be told before the others; absent where it is the only one. */
  readonly position?: { readonly at: number; readonly of: number };
  /** `true` when the shown changes are allowed or refused as a whole; else some of them may be chosen. */
  readonly whole?: boolean;
}

/** The part of a question that says what would happen. */
export type ApprovalPreview =
  | { readonly kind: "text"; readonly text: string }
  | {
    readonly kind: "changes";
    readonly summary: string;
    readonly changes: readonly PreviewChange[];
  };

/** One file change of a question. */
export interface PreviewChange {
  /** Relative to the project when inside it. */
  readonly path: string;
  /** What would happen to the file. */
  readonly kind: "create" | "modify" | "delete" | "chmod" | "symlink";
  /** `true` for files that run later without being asked: hooks, package scripts, CI, editor tasks. */
  readonly runsLater: boolean;
  /** Text before and after, or `null` when absent or not text. */
  readonly before: string | null;
  /** Text afterwards, or `null` when absent or not text. */
  readonly after: string | null;
  /** Size afterwards in bytes. */
  readonly bytes: number;
}

/** How a question ended. */
export type ApprovalAnswer =
  | {
    readonly kind: "allowed";
    readonly scope: Exclude<ApprovalScope, "never">;
    /** The digest that was on the screen. */
    readonly subject: Digest;
    /** For changes: the paths to keep, or `null` for all. */
    readonly only: readonly string[] | null;
  }
  | {
    readonly kind: "refused";
    readonly why:
      | "no"
      | "never"
      | "timeout"
      | "nobody"
      | "cancelled"
      | "broken";
    /** What the person wants the model to know, if anything. */
    readonly message: string | null;
  };

/**
 * Asks a person, on a channel that no untrusted text can write to.
 *
 * Contract:
 * - resolves exactly once and never rejects; a broken channel is `refused` with `broken`;
 * - resolves `refused` when `signal` aborts, and asks nothing after that;
 * - returns the `subject` that was on the screen, so that the caller can compare it;
 * - drops keys typed before the question was fully drawn.
 */
export interface Approver {
  /** Names the channel in the record: `terminal`, `flag`, `acp`, `none`. */
  readonly channel: string;
  /** Asks; see the contract above. */
  ask(request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalAnswer>;
  /** On the channel `none`: takes what would have been asked, so that the front door can say what allows it. Never throws. */
  readonly missed?: (asks: readonly AtomicAction[]) => void;
}
