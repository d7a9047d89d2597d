import { b2, type Digest, isDigest, shape } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import { isPublicKeyText, type PublicSigningKey } from "../minisign.ts";
import { RESERVED_NAMESPACE } from "../names.ts";
import { editTrustFile, readTrustFile, tampered, trustPath, type TrustPlace } from "./place.ts";

/** A key that a person pinned. */
export interface PinnedKey {
  /** The 42 bytes in base64, as the second line of a `.pub` file has them. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A key that a publisher's statement names. */
export interface StatedSigner {
  /** The 42 bytes in base64. */
  readonly key: string;
  /** RFC 3339, UTC: not before. */
  readonly from: string;
  /** RFC 3339, UTC: not after; `null` for no end. */
  readonly until: string | null;
  /** Names of skills it may sign; `null` for all. */
  readonly names: readonly string[] | null;
}

/** What a publisher says of its keys: the signed `publisher.json`. */
export interface Statement {
  /** Version of this form. */
  readonly v: 1;
  /** Whose keys these are. */
  readonly namespace: string;
  /** Grows by one with each statement. */
  readonly serial: number;
  /** RFC 3339, UTC: nothing new is installed after this. */
  readonly expires: string;
  /** Who may sign the next statement, and how many of them must. */
  readonly root: { readonly keys: readonly string[]; readonly threshold: number };
  /** Who may sign skills. */
  readonly signers: readonly StatedSigner[];
  /** What is no longer good. */
  readonly revoked: { readonly keys: readonly string[]; readonly packages: readonly Digest[] };
}

/** What is known of one publisher. */
export interface Publisher {
  /** What it stands for in ids. */
  readonly namespace: string;
  /** Keys that were pinned one by one; without force once there is a statement. */
  readonly keys: readonly PinnedKey[];
  /** The newest statement, or `null`. */
  readonly statement: Statement | null;
}

// Threat: one line that is no key, in one publisher's statement, would stop whoever reads all keys.
const KEY = shape.guarded(isPublicKeyText, "the second line of a .pub file");
const DIGEST = shape.guarded(isDigest, "a digest");
const TIME = shape.guarded(isTime, "a time like 2030-01-31T00:00:00Z");
const MAX_REVOKED_KEYS = 1000;
const MAX_REVOKED_PACKAGES = 10_000;

// Threat: a day that does not exist is no number, and nothing is ever later than that: the statement would not end.
function isTime(value: unknown): value is string {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(value)) return false;
  const at = Date.parse(value);
  return !Number.isNaN(at) && new Date(at).toISOString() === value.replace("Z", ".000Z");
}

/** The shape of a name or namespace: ASCII `a-z 0-9 -`, no leading, trailing or double `-`. */
export const NAMESPACE: RegExp = /^(?=.{1,40}$)[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** The shape of a statement. */
export const STATEMENT: shape.Shape<Statement> = shape.object({
  v: shape.guarded((value): value is 1 => value === 1, "the number 1"),
  namespace: shape.string({ pattern: NAMESPACE }),
  serial: shape.integer({ min: 1 }),
  expires: TIME,
  root: shape.object({
    keys: shape.list(KEY, { min: 1, max: 32 }),
    threshold: shape.integer({ min: 1, max: 32 }),
  }),
  signers: shape.list(
    shape.object({
      key: KEY,
      from: TIME,
      until: shape.nullable(TIME),
      names: shape.nullable(shape.list(shape.string({ min: 1, max: 64 }), { max: 1000 })),
    }),
    { max: 64 },
  ),
  revoked: shape.object({
    keys: shape.list(KEY, { max: MAX_REVOKED_KEYS }),
    packages: shape.list(DIGEST, { max: MAX_REVOKED_PACKAGES }),
  }),
});

const PUBLISHERS = shape.record(
  shape.string({ pattern: NAMESPACE }),
  shape.object({
    keys: shape.list(shape.object({ key: KEY, at: shape.integer() })),
    statement: shape.nullable(STATEMENT),
  }),
);

/**
 * Lists the publishers that a person trusts, by namespace.
 *
 * @param place Where trust is kept.
 * @returns Sorted by namespace.
 * @throws {SkillsError} `TRUST_TAMPERED`, `TRUST_LOCKED`.
 */
export function readPublishers(place: TrustPlace): readonly Publisher[] {
  return publishersOf(place, readTrustFile(place, "publishers"));
}

function publishersOf(place: TrustPlace, content: Readonly<Record<string, unknown>> | null): readonly Publisher[] {
  if (content === null) return [];
  const decoded = PUBLISHERS.safeParse(content["namespaces"]);
  if (!decoded.success) throw tampered(trustPath(place.home, "publishers"), "it is not what this program writes");
  return Object.entries(decoded.data)
    .map(([namespace, publisher]) => ({ namespace, ...publisher }))
    .toSorted((a, b) => a.namespace < b.namespace ? -1 : 1);
}

/**
 * Pins a key for a namespace, beside those that are pinned already.
 *
 * @param place Where trust is kept.
 * @param pin Whole key and namespace; a person said so before.
 * @returns `false` when it was pinned already.
 * @throws {SkillsError} `NAME` for what is no namespace, `NAMESPACE_KEY` for the reserved one, `KEY_CHANGED` where a
 * statement says whose keys count, `TRUST_TAMPERED`, `TRUST_LOCKED`.
 */
export function pinKey(
  place: TrustPlace,
  pin: { readonly namespace: string; readonly key: PublicSigningKey },
): boolean {
  checkNamespace(pin.namespace);
  const known = readPublishers(place).find(({ namespace }) => namespace === pin.namespace);
  // Keys that a statement replaced stay known, without force: pinning one again would say what is not so.
  const inForce = known?.statement?.signers ?? known?.keys ?? [];
  if (inForce.some(({ key }) => key === pin.key.text)) return false;
  if (known?.statement !== undefined && known.statement !== null) {
    throw new SkillsError("KEY_CHANGED", `Cannot pin a key for "${pin.namespace}": its statement names its keys`, {
      hint: "agentzero trust rotate publisher.json, with the publisher's next statement",
    });
  }
  changePublisher(place, pin.namespace, ({ keys, statement }) => ({
    keys: [...keys.filter(({ key }) => key !== pin.key.text), { key: pin.key.text, at: place.clock.now() }],
    statement,
  }));
  return true;
}

/**
 * Takes over a statement; {@link checkStatement} said before that it may.
 *
 * @param place Where trust is kept.
 * @param statement The statement.
 */
export function keepStatement(place: TrustPlace, statement: Statement): void {
  changePublisher(place, statement.namespace, ({ keys, statement: before }) => {
    // What was signed with an earlier key and is installed runs on: it stays known, without force for anything new.
    const earlier = (before?.signers ?? []).filter((signer) => !keys.some(({ key }) => key === signer.key));
    const at = place.clock.now();
    return {
      keys: [...keys, ...earlier.map(({ key }) => ({ key, at }))],
      statement: { ...statement, revoked: allRevoked(before?.revoked ?? null, statement.revoked) },
    };
  });
}

// Threat: a later statement that is silent about what an earlier one revoked. What is revoked stays so.
function allRevoked(before: Statement["revoked"] | null, now: Statement["revoked"]): Statement["revoked"] {
  const keys = [...new Set([...before?.keys ?? [], ...now.keys])];
  const packages = [...new Set([...before?.packages ?? [], ...now.packages])];
  if (keys.length <= MAX_REVOKED_KEYS && packages.length <= MAX_REVOKED_PACKAGES) return { keys, packages };
  throw new SkillsError("ROTATION", "Cannot take the publisher's statement: more was revoked than can be kept", {
    hint: `at most ${MAX_REVOKED_KEYS} keys and ${MAX_REVOKED_PACKAGES} packages, those of earlier statements included`,
  });
}

/**
 * Refuses what cannot be pinned for.
 *
 * @param namespace What was typed.
 * @throws {SkillsError} `NAME`, `NAMESPACE_KEY`.
 */
export function checkNamespace(namespace: string): void {
  if (!NAMESPACE.test(namespace)) {
    throw new SkillsError("NAME", `Cannot pin a key for "${namespace}": it is not a namespace`, {
      hint: "1 to 40 characters of a-z, 0-9 and single - between them, e.g. --as example-org",
    });
  }
  if (namespace === RESERVED_NAMESPACE) {
    throw new SkillsError("NAMESPACE_KEY", `Cannot pin a key for "${namespace}": it is reserved for built-in skills`, {
      hint: "name the publisher's own namespace: the part of the skill's id before the slash",
    });
  }
}

function changePublisher(
  place: TrustPlace,
  namespace: string,
  edit: (publisher: Omit<Publisher, "namespace">) => Omit<Publisher, "namespace">,
): void {
  editTrustFile(place, "publishers", (content) => {
    const all = publishersOf(place, content);
    const own = all.find((publisher) => publisher.namespace === namespace);
    const kept = all.filter((publisher) => publisher.namespace !== namespace);
    const next = [...kept, { namespace, ...edit(own ?? { keys: [], statement: null }) }];
    return {
      namespaces: Object.fromEntries(next.map(({ namespace: name, keys, statement }) => [name, { keys, statement }])),
    };
  });
}

/**
 * Digests a whole key, as `trust add` shows it and `--confirm` names it.
 *
 * @param key The 42 bytes in base64.
 * @returns BLAKE2b-256 of the 42 bytes.
 */
export function keyDigest(key: string): Digest {
  return b2(new Uint8Array(Buffer.from(key, "base64")));
}

/**
 * Writes the id of a key as the `minisign` program prints it.
 *
 * @param key The 42 bytes in base64.
 * @returns 16 upper-case hex digits.
 */
export function keyIdOf(key: string): string {
  // Little-endian, as a number of 64 bits.
  return Buffer.from(key, "base64").readBigUInt64LE(2).toString(16).padStart(16, "0").toUpperCase();
}
