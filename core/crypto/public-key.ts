import { fromBase64, toBase64 } from "../base64.ts";
import { blake2b, toHex } from "../digest.ts";
import { CoreError } from "../errors.ts";

/** A public key that may be handed out: what an auditor pins, or whom a vault is also sealed to. */
export interface PublicKey {
  /** What it is for. */
  readonly use: PublicKeyUse;
  /** 16 hex digits: the start of BLAKE2b-256 of the key. */
  readonly kid: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** What a public key is for. */
export type PublicKeyUse = "audit-sign" | "audit-box" | "vault-box";

const LINE = /^azpub\/1 (audit-sign|audit-box|vault-box) ([0-9a-f]{16}) ([A-Za-z0-9+/]{43}=)\n?$/;

/**
 * Writes a public key as the one line of a `.pub` file: `azpub/1 <use> <kid> <base64>`.
 *
 * @param key The key.
 * @returns The line with its line feed.
 */
export function formatPublicKey(key: PublicKey): string {
  return `azpub/1 ${key.use} ${key.kid} ${toBase64(key.publicKey)}\n`;
}

/**
 * Reads the line of a `.pub` file.
 *
 * @param text The line, with or without line feed; untrusted.
 * @returns The key.
 * @throws {CoreError} `KEY_INVALID` for any other form, or when the id does not belong to the key.
 */
export function parsePublicKey(text: string): PublicKey {
  const match = LINE.exec(text);
  const use = match?.[1];
  const publicKey = fromBase64(match?.[3] ?? "");
  if ((use === "audit-sign" || use === "audit-box" || use === "vault-box") && publicKey?.length === 32) {
    const kid = toHex(blake2b(publicKey).subarray(0, 8));
    if (kid === match?.[2]) return { use, kid, publicKey };
  }
  throw new CoreError("KEY_INVALID", `Cannot read public key: received "${text.slice(0, 80).trim()}"`, {
    hint: "expected one line: azpub/1 <use> <kid> <base64>",
  });
}
