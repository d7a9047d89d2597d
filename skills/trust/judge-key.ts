import { SkillsError } from "../errors.ts";
import { keyIdOf, NAMESPACE, type Publisher, type StatedSigner } from "./publishers.ts";
import { RESERVED_NAMESPACE } from "../names.ts";

/** Who signed what. */
export interface KeyUse {
  /** The part of the id before the slash. */
  readonly namespace: string;
  /** The part behind it. */
  readonly name: string;
  /** The whole key in base64. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Decides whether a key may vouch for something new in a namespace. Decides by the whole key, never by its id.
 *
 * @param publishers Who is trusted.
 * @param use Key, namespace and name.
 * @returns `trusted`, or `ask` for an unknown key in a namespace that nobody is pinned for.
 * @throws {SkillsError} `NAMESPACE_KEY`, `KEY_CHANGED`, `EXPIRED`.
 */
export function judgeKey(publishers: readonly Publisher[], use: KeyUse): "trusted" | "ask" {
  const { namespace, key } = use;
  if (namespace === RESERVED_NAMESPACE) {
    throw reservedNamespace();
  }
  if (!NAMESPACE.test(namespace)) {
    throw new SkillsError("NAME", `Cannot trust a key for "${namespace.slice(0, 80)}": it is not a namespace`);
  }
  const own = publishers.find((one) => one.namespace === namespace);
  const pinned = own === undefined ? [] : keysInForce(own);
  if (pinned.includes(key)) {
    if (own?.statement !== null && own?.statement !== undefined) checkSigner(own.statement.signers, own, use);
    return "trusted";
  }
  const other = publishers.find((one) => one.namespace !== namespace && keysInForce(one).includes(key));
  // Threat: a publisher that is trusted for its own skills signs one in the name of another.
  if (other !== undefined) {
    throw new SkillsError(
      "NAMESPACE_KEY",
      `Cannot trust key ${keyIdOf(key)} for "${namespace}": it is pinned for "${other.namespace}"`,
      { hint: `if both are the same publisher: agentzero trust add FILE.pub --as ${namespace}` },
    );
  }
  // Threat: a stolen account that signs with a new key. Never a question: people answer those with yes.
  if (pinned.length > 0) {
    throw new SkillsError(
      "KEY_CHANGED",
      `Cannot trust key ${keyIdOf(key)} for "${namespace}": it is pinned for ${pinned.map(keyIdOf).join(", ")}`,
      {
        hint: "ask the publisher on another way why the key changed; then agentzero trust rotate publisher.json, or " +
          `agentzero trust add FILE.pub --as ${namespace}`,
      },
    );
  }
  return "ask";
}

/**
 * Tells whether a key was ever good for a namespace: what is installed runs on when its publisher moves to a new key
 * without revoking the old one.
 *
 * @param publishers Who is trusted.
 * @param use Key and namespace.
 * @throws {SkillsError} What {@link judgeKey} throws, and `KEY_UNTRUSTED`.
 */
export function checkInstalledKey(publishers: readonly Publisher[], use: KeyUse): void {
  const own = publishers.find((one) => one.namespace === use.namespace);
  const ever = [...own?.keys ?? [], ...own?.statement?.signers ?? []];
  if (ever.some(({ key }) => key === use.key)) return;
  if (judgeKey(publishers, use) === "ask") throw keyUntrusted(use);
}

/** The refusal of any key for the namespace of built-in skills. */
export function reservedNamespace(): SkillsError {
  return new SkillsError(
    "NAMESPACE_KEY",
    `Cannot trust a key for "${RESERVED_NAMESPACE}": it is reserved for built-in skills`,
    { hint: "built-in skills come with the program; nobody else may use that name" },
  );
}

/** Says that nobody vouches for a key. */
export function keyUntrusted({ namespace, key }: Pick<KeyUse, "namespace" | "key">): SkillsError {
  return new SkillsError("KEY_UNTRUSTED", `Cannot trust key ${keyIdOf(key)} for "${namespace}": nobody pinned it`, {
    hint:
      `get the publisher's .pub file on another way than the package, then: agentzero trust add FILE.pub --as ${namespace}`,
  });
}

/** Keys that may sign something new: a statement replaces what was pinned before it. */
export function keysInForce({ keys, statement }: Publisher): readonly string[] {
  return statement === null ? keys.map(({ key }) => key) : statement.signers.map(({ key }) => key);
}

function checkSigner(signers: readonly StatedSigner[], publisher: Publisher, use: KeyUse): void {
  const expires = publisher.statement?.expires ?? null;
  if (expires !== null && Date.parse(expires) <= use.now) {
    throw new SkillsError("EXPIRED", `Cannot install from "${use.namespace}": its statement ended ${expires}`, {
      hint: "what is installed runs on; get the publisher's newer statement: agentzero trust rotate publisher.json",
    });
  }
  const mine = signers.filter(({ key }) => key === use.key);
  const inTime = mine.filter(({ from, until }) =>
    Date.parse(from) <= use.now && (until === null || Date.parse(until) > use.now)
  );
  if (inTime.length === 0) {
    throw new SkillsError(
      "EXPIRED",
      `Cannot install from "${use.namespace}": key ${keyIdOf(use.key)} is out of its time`,
      {
        hint: "ask the publisher for a release signed with its present key",
      },
    );
  }
  if (inTime.every(({ names }) => names !== null && !names.includes(use.name))) {
    throw new SkillsError(
      "NAMESPACE_KEY",
      `Cannot trust key ${keyIdOf(use.key)} for "${use.namespace}/${use.name}": it may sign other skills only`,
      { hint: "ask the publisher which key signs this skill" },
    );
  }
}
