import type { Clock, Digest, Random, SessionId, Timers } from "../core/mod.ts";
import type { Front } from "./event-words.ts";
import type { AuditEvent } from "./event.ts";
import type { LogFiles } from "./log-files.ts";
import type { AuditSettings } from "./settings.ts";

/** What connects an event with the records of others: a trace, an id of the caller's own. */
export type AuditStamp = Pick<AuditEvent, "trace_id" | "span_id" | "correlation">;

/** The keys that the record needs; `openKeys()` of core gives them. */
export interface AuditKeys {
  /** 32 bytes for keyed tags. */
  readonly tag: Uint8Array;
  /** Installation identity, Ed25519. */
  readonly auditSign: { readonly kid: string; readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  /** Default reader, X25519. */
  readonly auditBox: { readonly kid: string; readonly publicKey: Uint8Array };
  /** The secret half of a reader, or `null` when it is locked or unknown. */
  auditBoxSecret(kid?: string): Uint8Array | null;
}

/** Which process writes: enough to tell later whether it still lives. */
export interface WriterFacts {
  /** Process id within `ns`. */
  readonly pid: number;
  /** PID namespace, e.g. `pid:[4026531836]`; empty where there is none. */
  readonly ns: string;
  /** Boot id of the kernel; empty where there is none. */
  readonly boot: string;
  /** Start time of the process in clock ticks since boot; 0 where it is not known. */
  readonly start: number;
  /** Version of this program. */
  readonly version: string;
  /** e.g. `node 24.21.0`. */
  readonly runtime: string;
}

/** What a log is opened with. */
export interface AuditLogOptions {
  /** Folder of the segments and the project ledger, e.g. `PROJECT/.agentzero/audit`; made when missing. */
  readonly dir: string;
  /** `$AGENTZERO_HOME`: holds the user ledger. */
  readonly home: string;
  /** Real path of the project, or `null` when the session has none and records under the home. */
  readonly project: string | null;
  /** A new id, or that of an earlier session to go on with. */
  readonly session: SessionId;
  /** Signs the record and seals it for its reader. */
  readonly keys: AuditKeys;
  /** Times of events, which decide nothing. */
  readonly clock: Clock;
  /** Makes segment and epoch keys. */
  readonly random: Random;
  /** Starts checkpoints and delayed syncs. */
  readonly timers: Timers;
  /** This process, for whoever finds the record unfinished. */
  readonly writer: WriterFacts;
  /** The `audit:` block in force. */
  readonly settings: AuditSettings;
  /** Digest of the policy bundle in force. */
  readonly policy: Digest;
  /** Stands in the `actor` of every event that names none. */
  readonly front: Front;
  /** Masks secret values in one string; applied to every free text as a last line of defence. */
  readonly mask: (text: string) => string;
  /** Further facts for the first event, e.g. `{ reason: "scanner ready; prompt b2:…" }`; its `actor` is that of all events. */
  readonly start?: Partial<AuditEvent> | undefined;
  /** Ids from outside that each event of this moment belongs to, checked; an event's own come first. Must not throw. */
  readonly stamp?: (() => AuditStamp) | undefined;
  /** Told of each event once it stands in the file; must be quick and must not throw. */
  readonly onAppend?: ((seq: number) => void) | undefined;
  /** What `close` waits for once the record is complete; must not reject. */
  readonly onClosed?: (() => Promise<void>) | undefined;
  /** The file system, exchangeable so that a test can make it fail; by default the real one. */
  readonly files?: LogFiles | undefined;
}

/** How a session ends. */
export type AuditExit = "ok" | "failed" | "interrupted";

/**
 * The record of one session, open for writing.
 *
 * The first event, `session.start`, and the last, `session.end`, are written by the log itself.
 */
export interface AuditLog {
  /** The session whose record this is. */
  readonly session: SessionId;
  /** Absolute path of the segment being written. */
  readonly file: string;
  /** `true` once something could not be written: every further action must be denied. */
  readonly failed: boolean;
  /** `true` once the record is complete: everything in it stands below the last head of its session. */
  readonly closed: boolean;
  /** What the person should know, e.g. that the record nears its size limit. */
  readonly warnings: readonly string[];
  /**
   * Writes one event, in one synchronous step. When it returns, the event survives the death of this process.
   *
   * @throws {AuditError} `AUDIT_UNWRITABLE` when it could not be stored; nothing may happen then.
   */
  append(event: AuditEvent): { readonly seq: number };
  /**
   * Waits until the effect of an allowed intent may start: as `audit.sync` says, and for a risky one until a signed
   * checkpoint with its head in both ledgers covers it.
   *
   * @throws {AuditError} `AUDIT_UNWRITABLE`.
   */
  barrier(seq: number, risky: boolean): Promise<void>;
  /** Digests data with the installation's tag key, so that equal data can be found without showing it. */
  tag(data: Uint8Array | string): string;
  /** Ends the session; idempotent. @throws {AuditError} `AUDIT_UNWRITABLE` when the end could not be recorded. */
  close(exit: AuditExit): Promise<void>;
}
