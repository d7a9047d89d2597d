import type { Label, Random } from "../core/mod.ts";
import { isUntrusted } from "../core/mod.ts";

/** Wraps untrusted text so that a model can tell where data begins and ends. */
export interface Envelope {
  /** 128 random bits, new for each opening of a session; never shown anywhere but to the model. */
  readonly token: string;
  /** Wraps `text` unless every origin of its label is trusted. */
  wrap(text: string, label: Label): string;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
// Zero-width and direction marks, soft hyphen, variation selectors, tags: none of them shows, each could hide a mark.
const INVISIBLE =
  "[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufe00-\\ufe0f\\ufeff\\u{e0000}-\\u{e0fff}]*";
const MARK = new RegExp(["<", "<", "a", "z", "-"].join(INVISIBLE), "giu");

/**
 * Creates the envelope of one opening of a session.
 *
 * Threat: a tool result that closes its block and goes on in the voice of the person. The token cannot be guessed, and
 * the opening mark is escaped inside content, also when it is spelled with invisible characters.
 *
 * @param random Strong random bytes.
 * @returns The envelope.
 */
export function createEnvelope(random: Random): Envelope {
  const token = randomWord(random, 26);
  return {
    token,
    wrap(text, label): string {
      if (!isUntrusted(label)) return text;
      const id = randomWord(random, 8).toLowerCase();
      const [source] = label.sources;
      const head = [
        `<<az-data:${token} id=${id}`,
        `trust=${label.trust.join("+")}`,
        `class=${label.classes.join("+")}`,
        `source=${JSON.stringify(source ?? "").replaceAll("<<", "\\u003c\\u003c")}`,
        `bytes=${Buffer.byteLength(text)}>>`,
      ].join(" ");
      return `${head}\n${escapeMarks(text)}\n<<az-end:${token} id=${id}>>`;
    },
  };
}

/**
 * Escapes the opening mark of envelopes inside content.
 *
 * @param text Untrusted text.
 * @returns The same text with every `<<az-` made harmless.
 */
export function escapeMarks(text: string): string {
  return text.replaceAll(MARK, "<\\<az-");
}

function randomWord(random: Random, letters: number): string {
  return Array.from(random.bytes(letters), (byte) => ALPHABET[byte & 31] ?? "A").join("");
}
