import { loadSodium } from "../../../core/mod.ts";
import {
  formatPublicKey,
  parsePublicKey,
  parseSignature,
  signMinisign,
  verifyMinisign,
} from "../../../skills/minisign.ts";
import { createSigningKey, formatSecretKey, parseSecretKey } from "../../../skills/secret-key.ts";
import { formatTrustedComment, parseTrustedComment } from "../../../skills/trusted-comment.ts";
import { bytesOf, type FuzzTarget, refusal, same, textOf, violated } from "../target.ts";

const FILE = bytesOf("the package\n");
const COMMENT = `azs1 id=acme/pdf v=1.0.0 seq=1 b2=${"0a".repeat(32)} perm=${"b1".repeat(32)}`;

/** Signatures, public and secret keys, trusted comments. */
export async function open(): Promise<FuzzTarget> {
  await loadSodium();
  const key = createSigningKey({ bytes: (count) => new Uint8Array(count).fill(7) });
  const signature = bytesOf(signMinisign(FILE, key, COMMENT));
  return {
    samples: [
      signature,
      bytesOf(formatPublicKey(key.public)),
      bytesOf(key.public.text),
      formatSecretKey(key),
      bytesOf(COMMENT),
    ],
    words: ["untrusted comment: ", "trusted comment: ", "RW", "RUQ", "==", "azs1", "id=", "v=", "seq=", "b2=", "perm="],
    check(input) {
      return [
        tried(() => {
          const parsed = parseSignature(input);
          const holds = verifyMinisign(FILE, parsed, key.public);
          // What nobody signed is the first line alone.
          const signed = textOf(input).split("\n").slice(1).join("\n");
          if (holds && signed !== textOf(signature).split("\n").slice(1).join("\n")) {
            throw violated("a second signature holds for one file");
          }
        }),
        tried(() => {
          const parsed = parsePublicKey(textOf(input));
          if (parsePublicKey(formatPublicKey(parsed)).text !== parsed.text) {
            throw violated("a key reads as it was written");
          }
          if (!textOf(input).includes(parsed.text)) throw violated("a key has one spelling");
        }),
        tried(() => {
          const read = parseSecretKey(input);
          if (!same(formatSecretKey(read), formatSecretKey(key))) throw violated("a damaged secret key was taken");
        }),
        tried(() => {
          const comment = parseTrustedComment(textOf(input));
          if (comment === null) return "null";
          if (formatTrustedComment(comment) !== textOf(input)) throw violated("a comment has one spelling");
          return "ok";
        }),
      ].toSorted().at(-1) ?? "";
    },
  };
}

function tried(work: () => string | void): string {
  try {
    return work() ?? "ok";
  } catch (cause) {
    return refusal(cause, "SkillsError");
  }
}
