import type { Digest } from "./digest.ts";
import type { Permit } from "./permit.ts";
import type { SecretBytes } from "./secret.ts";
import type { IsolationTier } from "./words.ts";

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
