import { fromBase64, sign, toBase64, toHex, verifySignature } from "../core/mod.ts";
import { SkillsError } from "./errors.ts";
import { decodeUtf8 } from "./front-matter.ts";
import { prehash } from "./prehash.ts";
import { findInvisible } from "./visible-text.ts";

/** A public key of minisign: `Ed`, eight bytes of id, 32 bytes of key. */
export interface PublicSigningKey {
  /** Eight bytes, the signer's free choice: look up by it, decide by the whole key. */
  readonly id: Uint8Array;
  /** 32 bytes, Ed25519. */
  readonly key: Uint8Array;
  /** The 42 bytes in base64, as the second line of a `.pub` file has them: the one name of the whole key. */
  readonly text: string;
}

/** A detached signature of minisign, parsed; nothing was verified. */
export interface MinisignSignature {
  /** Eight bytes. */
  readonly keyId: Uint8Array;
  /** 64 bytes over BLAKE2b-512 of the file. */
  readonly signature: Uint8Array;
  /** What only the reader sees. */
  readonly untrustedComment: string;
  /** What `globalSignature` covers. */
  readonly trustedComment: string;
  /** 64 bytes over signature and trusted comment. */
  readonly globalSignature: Uint8Array;
}

/** The longest signature file, in bytes. */
export const MAX_SIGNATURE_BYTES = 4096;
const UNTRUSTED = "untrusted comment: ";
const TRUSTED = "trusted comment: ";
/** `Ed`: a key, or a signature over the file itself, which is refused. */
const LEGACY: readonly number[] = [0x45, 0x64];
/** `ED`: a signature over BLAKE2b-512 of the file. */
const PREHASHED: readonly number[] = [0x45, 0x44];

/**
 * Reads a public key: the text of a `.pub` file, or its second line alone.
 *
 * @param text Untrusted.
 * @returns The key.
 * @throws {SkillsError} `KEY_INVALID`.
 */
export function parsePublicKey(text: string): PublicSigningKey {
  const lines = text.replace(/\n$/, "").split("\n");
  const [first = "", second] = lines;
  const line = second === undefined ? first : second;
  const commented = lines.length === 2 && first.startsWith(UNTRUSTED) && isOneLine(first);
  const bytes = lines.length === 1 || commented ? fromBase64(line) : null;
  if (bytes === null || bytes.length !== 42 || !startsWith(bytes, LEGACY)) {
    throw new SkillsError("KEY_INVALID", "Cannot read public key: it is not of the form of minisign", {
      hint: "expected a .pub file of two lines, or its second line: 56 characters of base64",
    });
  }
  return { id: bytes.slice(2, 10), key: bytes.slice(10), text: line };
}

/** Tells whether a text is the second line of a `.pub` file: 42 bytes in base64 that begin with `Ed`. */
export function isPublicKeyText(value: unknown): value is string {
  if (typeof value !== "string" || value.includes("\n")) return false;
  const bytes = fromBase64(value);
  return bytes !== null && bytes.length === 42 && startsWith(bytes, LEGACY);
}

/**
 * Makes a public key of its parts.
 *
 * @param id Eight bytes.
 * @param key 32 bytes, Ed25519.
 * @returns The key.
 */
export function publicSigningKey(id: Uint8Array, key: Uint8Array): PublicSigningKey {
  return { id, key, text: toBase64(Uint8Array.from([...LEGACY, ...id, ...key])) };
}

/**
 * Writes a `.pub` file.
 *
 * @param key The key.
 * @returns Two lines, as minisign writes them.
 */
export function formatPublicKey(key: PublicSigningKey): string {
  return `${UNTRUSTED}minisign public key ${keyIdText(key.id)}\n${key.text}\n`;
}

/** Writes a key id as minisign shows it: 16 upper-case hex digits, the last byte first. */
export function keyIdText(id: Uint8Array): string {
  return toHex(id.toReversed()).toUpperCase();
}

/**
 * Reads a `.minisig` file: exactly four lines.
 *
 * @param bytes Untrusted.
 * @returns Its parts; nothing was verified.
 * @throws {SkillsError} `SIG_MALFORMED`; `SIG_ALG` for a signature that is not prehashed.
 */
export function parseSignature(bytes: Uint8Array): MinisignSignature {
  if (bytes.length > MAX_SIGNATURE_BYTES) throw malformed(`it has more than ${MAX_SIGNATURE_BYTES} bytes`);
  const text = decodeUtf8(bytes);
  if (text === null) throw malformed("it is not valid UTF-8");
  const lines = text.split("\n");
  const [untrusted = "", first = "", trusted = "", second = "", end] = lines;
  if (lines.length !== 5 || end !== "") throw malformed("it does not have exactly four lines");
  if (!untrusted.startsWith(UNTRUSTED) || !trusted.startsWith(TRUSTED)) throw malformed("a comment line is missing");
  const signed = fromBase64(first);
  const globalSignature = fromBase64(second);
  if (signed === null || globalSignature === null) throw malformed("it is not canonical base64");
  if (signed.length !== 74 || globalSignature.length !== 64) throw malformed("a signature has another length");
  if (!startsWith(signed, PREHASHED)) {
    // Threat: relabelled as `Ed`, a signature over a hash holds for another, 64-byte message.
    throw new SkillsError("SIG_ALG", "Cannot use signature: it is not of the prehashed kind ED", {
      hint: "sign with `minisign -S -H`",
    });
  }
  // The program's own comment has tabs: a package needs the one of `skill sign --external`.
  if (!isOneLine(untrusted) || !isOneLine(trusted)) throw badComment();
  return {
    keyId: signed.slice(2, 10),
    signature: signed.slice(10),
    untrustedComment: untrusted.slice(UNTRUSTED.length),
    trustedComment: trusted.slice(TRUSTED.length),
    globalSignature,
  };
}

/**
 * Checks both signatures: over the file, and over the comment.
 *
 * @param bytes The file.
 * @param signature Its parsed signature.
 * @param key The whole key; its id must be the one that the signature names.
 * @returns `true` only when all of it holds.
 */
export function verifyMinisign(bytes: Uint8Array, signature: MinisignSignature, key: PublicSigningKey): boolean {
  if (Buffer.compare(signature.keyId, key.id) !== 0) return false;
  if (!verifySignature(signature.signature, prehash(bytes), key.key)) return false;
  const covered = Buffer.concat([signature.signature, Buffer.from(signature.trustedComment)]);
  return verifySignature(signature.globalSignature, covered, key.key);
}

/** What signs. */
export interface SigningKey {
  /** The public half. */
  readonly public: PublicSigningKey;
  /** 64 bytes, as libsodium keeps them; the caller wipes them. */
  readonly secret: Uint8Array;
}

/**
 * Signs a file, prehashed.
 *
 * @param bytes The file.
 * @param key The key.
 * @param trustedComment One line that is signed, too.
 * @returns The text of `FILE.minisig`.
 * @throws {SkillsError} `SIG_MALFORMED` for a comment that is not one visible line.
 */
export function signMinisign(bytes: Uint8Array, key: SigningKey, trustedComment: string): string {
  if (!isOneLine(trustedComment)) throw badComment();
  const signature = sign(prehash(bytes), key.secret);
  const global = sign(Buffer.concat([signature, Buffer.from(trustedComment)]), key.secret);
  const first = Uint8Array.from([...PREHASHED, ...key.public.id, ...signature]);
  return `${UNTRUSTED}signature of key ${keyIdText(key.public.id)}\n${toBase64(first)}\n` +
    `${TRUSTED}${trustedComment}\n${toBase64(global)}\n`;
}

function isOneLine(text: string): boolean {
  return !/[\t\n\r]/.test(text) && findInvisible(text) === null;
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, at) => bytes[at] === byte);
}

function badComment(): SkillsError {
  return new SkillsError("SIG_MALFORMED", "Cannot use signature: a comment has a control or invisible character", {
    hint: "the comment that minisign writes by itself has tabs: sign with -t 'TEXT' (skill sign --external prints a " +
      "package's)",
  });
}

function malformed(seen: string): SkillsError {
  return new SkillsError("SIG_MALFORMED", `Cannot read signature: ${seen}`, {
    hint: "expected the four lines of a minisign signature, unchanged",
  });
}
