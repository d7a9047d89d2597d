import { canonicalJson } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import { misfitText } from "../misfit-text.ts";
import { type MinisignSignature, parsePublicKey, parseSignature, verifyMinisign } from "../minisign.ts";
import { keysInForce } from "./judge-key.ts";
import { type Publisher, STATEMENT, type Statement } from "./publishers.ts";
import { RESERVED_NAMESPACE } from "../names.ts";

/** The longest statement, in bytes. */
export const MAX_STATEMENT_BYTES = 1_048_576;

/**
 * Reads a `publisher.json`: canonical JSON and a line end, checked by writing it again.
 *
 * @param bytes The file; untrusted.
 * @returns The statement; nobody vouches for it yet.
 * @throws {SkillsError} `ROTATION`.
 */
export function parseStatement(bytes: Uint8Array): Statement {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw rotation("it is not JSON");
  }
  const decoded = STATEMENT.safeParse(value);
  if (!decoded.success) throw rotation(misfitText(decoded.error.issues));
  // Threat: a key that stands twice, or a second spelling that another reader sees differently.
  if (`${canonicalJson(value)}\n` !== text) throw rotation("it is not canonical JSON with one line end");
  const { root, namespace, signers } = decoded.data;
  if (namespace === RESERVED_NAMESPACE) throw rotation(`the namespace "${namespace}" is reserved`);
  if (new Set(root.keys).size !== root.keys.length) throw rotation("a root key stands twice");
  if (root.threshold > root.keys.length) throw rotation("its threshold is more than its root keys");
  if (signers.length === 0) throw rotation("it names no signer");
  return decoded.data;
}

/**
 * Finds out which root keys signed a statement.
 *
 * @param bytes The file.
 * @param signatures The texts of its signatures.
 * @param candidates Keys in base64 that count.
 * @returns Those whose signature holds.
 * @throws {SkillsError} `SIG_MALFORMED`, `SIG_ALG`.
 */
export function statementSigners(
  bytes: Uint8Array,
  signatures: readonly Uint8Array[],
  candidates: readonly string[],
): ReadonlySet<string> {
  const parsed: readonly MinisignSignature[] = signatures.map(parseSignature);
  return new Set(candidates.filter((candidate) => {
    const key = parsePublicKey(candidate);
    return parsed.some((signature) => sameBytes(signature.keyId, key.id) && verifyMinisign(bytes, signature, key));
  }));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/**
 * Refuses a statement that does not follow from what is trusted: the threshold of the old and of the new root must have
 * signed, and no serial may be missing.
 *
 * @param publisher What is known of its publisher, or `undefined`.
 * @param statement The statement.
 * @param given The file, its signatures, and the time in milliseconds.
 * @throws {SkillsError} `ROTATION`, `EXPIRED`, `KEY_UNTRUSTED`, `SIG_MALFORMED`, `SIG_ALG`.
 */
export function checkStatement(
  publisher: Publisher | undefined,
  statement: Statement,
  given: { readonly bytes: Uint8Array; readonly signatures: readonly Uint8Array[]; readonly now: number },
): void {
  const { namespace, serial, expires, root } = statement;
  if (publisher === undefined || keysInForce(publisher).length === 0) {
    throw new SkillsError("KEY_UNTRUSTED", `Cannot take the statement of "${namespace}": no key is pinned for it`, {
      hint: `agentzero trust add FILE.pub --as ${namespace}, with a key that the publisher signed the statement with`,
    });
  }
  if (Date.parse(expires) <= given.now) {
    throw new SkillsError("EXPIRED", `Cannot take the statement of "${namespace}": it ended ${expires}`, {
      hint: "get the publisher's newer statement",
    });
  }
  const before = publisher.statement;
  if (before !== null && serial !== before.serial + 1) {
    throw rotation(`its serial is ${serial}, the next one is ${before.serial + 1}`);
  }
  // What a person pinned one by one is a root of which one signature is enough.
  const old = before === null ? { keys: keysInForce(publisher), threshold: 1 } : before.root;
  for (const [which, { keys, threshold }] of [["old", old], ["new", root]] as const) {
    const signed = statementSigners(given.bytes, given.signatures, keys).size;
    if (signed < threshold) {
      throw rotation(`${signed} of its ${which} root keys signed it, ${threshold} must`);
    }
  }
}

function rotation(why: string): SkillsError {
  return new SkillsError("ROTATION", `Cannot take the publisher's statement: ${why}`, {
    hint: "put every signature beside it (FILE.minisig, FILE.NAME.minisig) and take statements one after the other",
  });
}
