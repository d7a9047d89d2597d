import type { AtomicAction } from "./action.ts";
import type { Digest } from "./digest.ts";
import type { CallId, SessionId } from "./ids.ts";
import type { Permit } from "./permit.ts";
import type { SecretBytes } from "./secret.ts";
import type { Verdict } from "./verdict.ts";
import type { ApprovalScope, IsolationTier } from "./words.ts";

/** Wall and monotonic time. Wall time is information only: order comes from sequence numbers. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds of a clock that never steps back; may have a fraction. */
  mono(): number;
}

/** Cryptographically strong random bytes. */
export interface Random {
  /** Returns `count` fresh bytes. */
  bytes(count: number): Uint8Array;
}

/** Timers, injected so that tests need no sleeps. */
export interface Timers {
  /** Calls `run` once after `ms`; the returned function cancels it and is idempotent. Never keeps the process alive by itself. */
  after(ms: number, run: () => void): () => void;
}

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

/** Uses up a permit, or throws `PERMIT_INVALID`. The only half of the permit desk that a tier gets. */
export interface PermitSpender {
  /** Deletes the permit and checks that it was minted for this digest and tier and is young enough. */
  spend(permit: Permit, digest: Digest, tier: IsolationTier): void;
}

/** Gives a secret value for one use against a permit that was already spent on the run it belongs to. */
export interface SecretRevealer {
  /** Resolves a handle; the caller disposes the value. Throws `SECRET_UNKNOWN`, `VAULT_LOCKED` and their like. */
  reveal(permit: Permit, handle: string): Promise<SecretBytes>;
}

/** What a guest asks of its host: one function of one interface of `az:host`. Names and arguments come from the guest. */
export interface HostCall {
  /** Counts the calls of one run, from 1. */
  readonly seq: number;
  /** Name of the interface, e.g. `filesystem`. */
  readonly iface: string;
  /** Name of the function as the interface spells it, e.g. `read-file`. */
  readonly func: string;
  /** Its arguments; their number and types were checked against the interface. */
  readonly args: readonly unknown[];
}

/** What the answer to a host call may use. */
export interface HostContext {
  /** Aborts when the run ends first: its deadline, a cancel. The answer no longer counts. */
  readonly signal: AbortSignal;
  /** Stops the deadline of the run while a person is asked; what it returns lets time go on and is idempotent. */
  readonly pause: () => () => void;
}

/** What the guest gets: a value of the function's type, or an error of `az:host`, which it can show. */
export type HostReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: HostError };

/** A case of `variant error`: `too-large` carries the limit in bytes, `cancelled` nothing, every other one a text. */
export interface HostError {
  /** `denied not-found exists invalid too-large exhausted cancelled failed`. */
  readonly tag: string;
  /** What the case carries. */
  readonly val?: unknown;
}

/** One request that a command sends through the egress proxy. */
export interface EgressRequest {
  /** Upper case; `CONNECT` for a tunnel, whose content nobody sees. */
  readonly method: string;
  /** Lower case, without trailing dot. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** Path of plain HTTP without its query; `null` for a tunnel. */
  readonly path: string | null;
  /** All addresses of the host; `null` when it was not looked up because the request is refused anyway. */
  readonly addresses: readonly string[] | null;
  /** Values that would be put into it: handle, and the slot that its header is. */
  readonly secrets: readonly { readonly handle: string; readonly slot: string }[];
  /** Why the proxy refuses it whatever policy says, or `null`; such a request is only recorded. */
  readonly refused: string | null;
}

/** How a request through the egress proxy ended. */
export interface EgressEnd {
  /** `true` when the host was reached. */
  readonly reached: boolean;
  /** Bytes of the request. */
  readonly sentBytes: number;
  /** Bytes of the answer. */
  readonly receivedBytes: number;
}

/** Whether a request may go out. */
export type EgressAnswer =
  | { readonly ok: true; done(end: EgressEnd): Promise<void> }
  | { readonly ok: false; readonly reason: string };

/** What a tier may use while it runs. */
export interface RunIo {
  /** Aborts the run. */
  readonly signal: AbortSignal;
  /** Uses up the permit of this run. */
  readonly permits: PermitSpender;
  /** Gives secret values once the permit is spent. */
  readonly secrets: SecretRevealer;
  /** Live output, raw and unmasked: the gate masks before anybody sees it. */
  readonly onOutput?:
    | ((stream: "stdout" | "stderr", chunk: Uint8Array) => void)
    | undefined;
  /** Decides each further file that a walk would open; `false` means leave it out and count it. */
  readonly admit?: ((realPath: string) => boolean) | undefined;
  /** Decides and records each request of a command with hosts; must not reject. Without it none goes out. */
  readonly egress?: ((request: EgressRequest) => Promise<EgressAnswer>) | undefined;
  /** Real paths that policy denies; a file with several names is not read under any of them when one is here. */
  readonly masked?: (() => readonly string[]) | undefined;
  /** Answers a host call of a WASM guest: decided, recorded, done. What it throws the guest sees as `failed`. */
  readonly host?: ((call: HostCall, context: HostContext) => Promise<HostReply>) | undefined;
  /** Bytes of a component that the store does not hold; they are checked against the digest. */
  readonly component?: ((digest: Digest) => Promise<Uint8Array>) | undefined;
}

/** Something the tier wants known besides its result. */
export interface Notice {
  /** Stable, e.g. `OUTPUT_CUT`. */
  readonly code: string;
  /** A sentence for people. */
  readonly text: string;
}

/** What a run used. */
export interface Usage {
  /** Bytes of output before any cap. */
  readonly outputBytes: number;
  /** Peak memory in bytes where it is known. */
  readonly memoryBytes: number | null;
}

/** How a run ended. A tier never throws; `started` tells "refused" from "failed". */
export type Outcome<Value> =
  & {
    readonly started: boolean;
    readonly ms: number;
    /** Digest of the sandbox settings that were really in force. */
    readonly profile: Digest;
    readonly usage: Usage;
    readonly notices: readonly Notice[];
  }
  & (
    | { readonly ok: true; readonly value: Value }
    | {
      readonly ok: false;
      readonly code: string;
      readonly reason: string;
      readonly hint: string | null;
    }
  );

/** Whether a backend works here, found out by a real canary. */
export type Probe =
  | { readonly ok: true; readonly facts: Readonly<Record<string, string>> }
  | {
    readonly ok: false;
    readonly code: string;
    readonly reason: string;
    readonly fix: string;
  };

/**
 * One way to run what the gate allowed.
 *
 * Contract:
 * - the first statement of `run` spends the permit against the digest of `spec`;
 * - never throws, never falls back to less protection, never retries bare;
 * - `probe` runs its canary once per process.
 */
export interface Backend<Spec, Value> {
  /** Where it runs things. */
  readonly tier: IsolationTier;
  /** Names the backend in records. */
  readonly name: string;
  /** Finds out once whether it works here. */
  probe(): Promise<Probe>;
  /** Runs; see the contract above. */
  run(permit: Permit, spec: Spec, io: RunIo): Promise<Outcome<Value>>;
}
