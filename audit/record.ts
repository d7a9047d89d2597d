import type { SessionId } from "../core/mod.ts";
import type { ClearField } from "./settings.ts";
import type { WriterFacts } from "./log.ts";

/** The format of segments; another value is refused, never guessed. */
export const FORMAT = "azlog/1";
/** The cipher of events. */
export const AEAD = "xchacha20poly1305-ietf";
/** Events are padded to a multiple of this many bytes. */
export const PAD_BYTES = 256;

/** The sound part of the segment that a segment continues. */
export interface PreviousSegment {
  readonly file: string;
  readonly bytes: number;
  readonly size: number;
  readonly root: string;
  readonly closed: boolean;
}

/** A reader and the segment's root key sealed to it. */
export interface Recipient {
  readonly kid: string;
  readonly w: string;
}

/** Values of the clear envelope. */
export type ClearValues = Readonly<Partial<Record<ClearField, string>>>;

/** Line 1 of a segment. */
export interface HeaderRecord {
  readonly t: "h";
  readonly session: SessionId;
  readonly seg: number;
  /** Events in earlier segments. */
  readonly seq: number;
  readonly prev: string;
  readonly prev_seg: PreviousSegment | null;
  readonly created: number;
  readonly writer: WriterFacts;
  readonly policy: string;
  readonly clear: readonly ClearField[];
  readonly to: readonly Recipient[];
  readonly commit: string;
  /** Public key of the first checkpoint, base64. */
  readonly pk: string;
  /** Public key of the installation, base64. */
  readonly id: string;
  readonly sig: string;
}

/** An encrypted event. */
export interface EventRecord {
  readonly t: "e";
  readonly seq: number;
  readonly ts: number;
  readonly prev: string;
  readonly clear: ClearValues | null;
  /** The ciphertext, decoded. */
  readonly ct: Uint8Array;
}

/** A signed root over everything before it in the segment. */
export interface CheckpointRecord {
  readonly t: "c";
  readonly seq: number;
  readonly ts: number;
  readonly prev: string;
  readonly size: number;
  readonly root: string;
  /** Public key of the next checkpoint, base64. */
  readonly next: string;
  readonly sig: string;
}

/** How a segment can end. */
export const CLOSE_WORDS = ["ok", "failed", "interrupted", "rotated"] as const;
/** One of {@link CLOSE_WORDS}. */
export type CloseWord = (typeof CLOSE_WORDS)[number];

/** The last record of a closed segment. */
export interface CloseRecord {
  readonly t: "z";
  readonly seq: number;
  readonly ts: number;
  readonly prev: string;
  readonly size: number;
  readonly root: string;
  readonly exit: CloseWord;
  readonly sig: string;
}

/** Any line of a segment. */
export type LogRecord = HeaderRecord | EventRecord | CheckpointRecord | CloseRecord;
