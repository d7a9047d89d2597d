import type { Random } from "./ports.ts";
import type { Classification } from "./words.ts";

/** How often something was masked. */
export interface Redaction {
  /** What was masked. */
  readonly class: Classification;
  /** How many spans. */
  readonly count: number;
  /** `exact` for a known value, else the id of the rule that recognised it. */
  readonly by: string;
}

/** A masked text and what was masked in it. */
export interface MaskedText {
  /** The text with placeholders. */
  readonly text: string;
  /** What they stand for, counted. */
  readonly redactions: readonly Redaction[];
}

/** Masked bytes and what was masked in them. */
export interface MaskedBytes {
  /** The bytes with placeholders. */
  readonly bytes: Uint8Array;
  /** What they stand for, counted. */
  readonly redactions: readonly Redaction[];
}

/** A known value found in a text. */
export interface Finding {
  /** The handle of the value, or `null` for values without one. */
  readonly handle: string | null;
  /** `raw json url html shell hex base64 base64url reversed`. */
  readonly encoding: string;
  /** Offsets in the original: UTF-16 units of a text, bytes of bytes. */
  readonly start: number;
  /** Offset behind its last unit or byte. */
  readonly end: number;
}

/** Something that looks like a secret or personal data: a heuristic, not a guarantee. */
export interface Detection {
  /** What it seems to be. */
  readonly class: Classification;
  /** Id of the rule that found it, e.g. `secret/jwt`. */
  readonly rule: string;
  /** UTF-16 offsets in the original text. */
  readonly start: number;
  /** Offset behind its last unit. */
  readonly end: number;
}

/** Masks a byte stream; its output does not depend on how the input was cut. */
export interface MaskStream {
  /** Takes more bytes and returns what may go out: what could still become a match is held back. */
  push(chunk: Uint8Array): Uint8Array;
  /** Returns the rest, masked. Not calling it drops what is held. */
  end(): Uint8Array;
  /** What was masked in the output so far. */
  readonly redactions: readonly Redaction[];
}

/** A value that must not show up anywhere. */
export interface KnownValue {
  /** The value; the caller keeps it and wipes it. */
  readonly bytes: Uint8Array;
  /** What it is called, or `null` when nothing names it. */
  readonly handle: string | null;
  /** `credential` for values that were only found lying about. */
  readonly class: "secret" | "credential";
}

/**
 * Keeps values out of everything that is shown, sent, stored or logged.
 *
 * Contract: exact masking of known values is the guarantee, `detect` and `maskDetected` are heuristics. If a scan
 * cannot be done, `REDACTION_FAILED` is thrown and the caller withholds the text.
 */
export interface Redactor {
  /** Replaces known values, in every encoding of the scanner, and user-info in URLs by placeholders. */
  mask(text: string): MaskedText;
  /** The same for bytes. */
  maskBytes(bytes: Uint8Array): MaskedBytes;
  /** The same for a stream. */
  stream(): MaskStream;
  /** Finds known values without masking them: an outgoing text that holds one is refused (`SECRET_EGRESS`). */
  find(text: string): readonly Finding[];
  /** The same in bytes: offsets are byte offsets. */
  findBytes(bytes: Uint8Array): readonly Finding[];
  /** Tells whether a text holds a placeholder that this session issued. */
  hasPlaceholder(text: string): boolean;
  /** Masks known values and whatever the detectors take for one of `classes`. */
  maskDetected(text: string, classes: readonly Classification[]): Promise<MaskedText>;
  /** Runs the detectors. Spans that exact masking would cover, and placeholders, do not count. */
  detect(text: string): Promise<readonly Detection[]>;
  /** Takes in one more value before its first use; throws `SECRET_TOO_SHORT` for one that cannot be masked. */
  add(value: KnownValue): void;
}

/** What a redactor needs. */
export interface RedactorOptions {
  /** For the session key that placeholders are made with. */
  readonly random: Random;
}
