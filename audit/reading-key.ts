import { readFileSync } from "node:fs";
import { blake2b, errorCode, fromBase64, parsePublicKey, sodium, toHex } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import type { SecretOf } from "./segment-keys.ts";

const MAX_KEY_BYTES = 4096;

/**
 * Reads an auditor's own reading key, `azkey/1` for `audit-box`, without passphrase.
 *
 * @param path The key file.
 * @returns What finds the secret half by its id.
 * @throws {AuditError} `NOT_FOUND`, `KEY_INVALID` for any other file, `AUDIT_LOCKED` for one that a passphrase protects.
 */
export function readingKeyOf(path: string): SecretOf {
  const file = parseFile(path, readText(path));
  if (file.wrapped) {
    throw new AuditError("AUDIT_LOCKED", `Cannot use key "${path}": a passphrase protects it`, {
      hint: "use it through its own installation: --home DIR --passphrase-file FILE",
    });
  }
  const publicKey = file.secret.length === 32 ? sodium().crypto_scalarmult_base(file.secret) : new Uint8Array();
  if (toHex(blake2b(publicKey).subarray(0, 8)) !== file.kid) throw notAKey(path);
  return (kid) => kid === file.kid ? file.secret : null;
}

/**
 * Reads the signing key that somebody pinned out of band: a file with a line `azpub/1 audit-sign <kid> <base64>`.
 *
 * @param path The public key file.
 * @returns The Ed25519 key.
 * @throws {AuditError} `NOT_FOUND`, `KEY_INVALID` for any other file.
 */
export function pinnedKeyOf(path: string): Uint8Array {
  for (const line of readText(path).split("\n")) {
    if (line.startsWith("azpub/1 audit-sign ")) return parsePublicKey(line.trimEnd()).publicKey;
  }
  throw new AuditError("KEY_INVALID", `Cannot use "${path}": it holds no signing key`, {
    hint: "expected the line that `agentzero audit keys pub` prints: azpub/1 audit-sign <kid> <base64>",
  });
}

function readText(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (text.length <= MAX_KEY_BYTES) return text;
  } catch (cause) {
    const code = errorCode(cause);
    if (code === "ENOENT") throw new AuditError("NOT_FOUND", `Cannot read key "${path}": there is no such file`);
    throw new AuditError("KEY_INVALID", `Cannot read key "${path}": ${code}`, { cause });
  }
  throw notAKey(path);
}

function parseFile(
  path: string,
  text: string,
): { readonly kid: string; readonly wrapped: boolean; readonly secret: Uint8Array } {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Falls through: not a key file.
  }
  if (typeof value !== "object" || value === null) throw notAKey(path);
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { v, use, kid, wrap, sk } = fields;
  const secret = typeof sk === "string" ? fromBase64(sk) : null;
  if (v !== "azkey/1" || use !== "audit-box" || typeof kid !== "string" || secret === null) throw notAKey(path);
  return { kid, wrapped: wrap !== null, secret };
}

function notAKey(path: string): AuditError {
  return new AuditError("KEY_INVALID", `Cannot use "${path}": it is not a reading key`, {
    hint: "expected an audit-box.key file of version azkey/1",
  });
}
