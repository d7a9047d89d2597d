import { loadSodium, toBase64 } from "../../../core/mod.ts";
import { formatKeyFile, generateKey, parseKeyFile } from "../../../core/crypto/key-file.ts";
import { formatPublicKey, parsePublicKey } from "../../../core/crypto/public-key.ts";
import { formatCovered, formatVault, parseVault } from "../../../core/vault/document.ts";
import { formatMeta, parseMeta } from "../../../core/vault/entry-meta.ts";
import { bytesOf, type FuzzTarget, refusal, same, textOf, violated } from "../target.ts";

/** The vault file, what is sealed in it, and key files. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  const b64 = toBase64(new Uint8Array(24));
  const entry = { h: "0a".repeat(16), kind: "secret", ver: 1, mn: b64, meta: b64, vn: b64, val: b64 } as const;
  const unlock = [{ by: "key", kid: "0123456789abcdef", w: b64 }] as const;
  const vault = formatVault(formatCovered({ id: "b1".repeat(16), gen: 3, unlock, entries: [entry] }), b64);
  const meta = { handle: "handle://vault/a/b", note: null, created: 1, rotated: null, expires: 2, bind: [] };
  const key = generateKey("audit-sign", { bytes: (count) => new Uint8Array(count).fill(5) });
  const publicLine = formatPublicKey({ use: "audit-sign", kid: key.kid, publicKey: key.publicKey ?? new Uint8Array() });
  return {
    samples: [bytesOf(vault), formatMeta(meta), bytesOf(formatKeyFile(key, null)), bytesOf(publicLine)],
    words: [
      "v",
      "azvault/1",
      "azvault/2",
      "azkey/1",
      "unlock",
      "entries",
      "mac",
      "kid",
      "gen",
      "bind",
      "handle",
      "pub",
      "sk",
    ],
    check(input) {
      const text = textOf(input);
      const sealed = parseMeta(input);
      if (sealed !== null && parseMeta(formatMeta(sealed)) === null) {
        throw violated("a description reads as it was written");
      }
      return [
        tried(() => {
          const { covered, mac } = parseVault(text, "vault");
          if (!same(bytesOf(formatVault(covered, mac)), input)) throw violated("a vault has one spelling");
        }),
        tried(() => void parseKeyFile(text, "audit-sign", "key")),
        tried(() => {
          const read = parsePublicKey(text);
          if (formatPublicKey(read) !== `${text.replace(/\n$/, "")}\n`) throw violated("a public key has one spelling");
        }),
      ].join(", ");
    },
  };
}

function tried(work: () => void): string {
  try {
    work();
    return "ok";
  } catch (cause) {
    return refusal(cause, "CoreError");
  }
}
