import type { Digest } from "./digest.ts";
import type { EgressAnswer, EgressRequest } from "./egress-request.ts";
import type { HostCall, HostContext, HostReply } from "./host-call.ts";
import type { Permit } from "./permit.ts";
import type { PermitSpender, SecretRevealer } from "./ports.ts";
import type { IsolationTier } from "./words.ts";

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

/** What a run used. */
export interface Usage {
  /** Bytes of output before any cap. */
  readonly outputBytes: number;
  /** Peak memory in bytes where it is known. */
  readonly memoryBytes: number | null;
}

/** Something the tier wants known besides its result. */
export interface Notice {
  /** Stable, e.g. `OUTPUT_CUT`. */
  readonly code: string;
  /** A sentence for people. */
  readonly text: string;
}

/** Whether a backend works here, found out by a real canary. */
export type Probe =
  | { readonly ok: true; readonly facts: Readonly<Record<string, string>> }
  | {
    readonly ok: false;
    readonly code: string;
    readonly reason: string;
    readonly fix: string;
  };
