import { type Digest, isDigest, shape } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import { editTrustFile, readTrustFile, tampered, trustPath, type TrustPlace } from "./place.ts";
import { keyDigest, keyIdOf, type Publisher } from "./publishers.ts";

/** What was revoked: a key (whole, by its id or by its digest), a skill by id, a package by digest. */
export interface Revocation {
  /** How it is named. */
  readonly kind: "key" | "key-id" | "id" | "digest";
  /** Base64 of the whole key, 16 upper-case hex digits, `NAMESPACE/NAME`, or a digest. */
  readonly what: string;
  /** Why, in the person's words. */
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What is asked about before it is used. */
export interface RevocableUse {
  /** Base64 of the whole key; `null` for what nobody signed. */
  readonly key: string | null;
  /** `NAMESPACE/NAME`. */
  readonly id: string;
  /** Digest of the package. */
  readonly digest: Digest;
}

const ENTRIES = shape.list(shape.object({
  kind: shape.oneOf("key", "key-id", "id", "digest"),
  what: shape.string({ min: 1, max: 200 }),
  reason: shape.string({ max: 500 }),
  at: shape.integer(),
}));

/** Lists what a person revoked. @throws {SkillsError} `TRUST_TAMPERED`, `TRUST_LOCKED`. */
export function readRevocations(place: TrustPlace): readonly Revocation[] {
  return entriesOf(place, readTrustFile(place, "revoked"));
}

function entriesOf(place: TrustPlace, content: Readonly<Record<string, unknown>> | null): readonly Revocation[] {
  if (content === null) return [];
  const decoded = ENTRIES.safeParse(content["entries"]);
  if (!decoded.success) throw tampered(trustPath(place.home, "revoked"), "it is not what this program writes");
  return decoded.data;
}

/**
 * Reads what somebody wants revoked.
 *
 * @param text A whole key in base64, the id of a key, `NAMESPACE/NAME`, or a digest of a package or key.
 * @returns Kind and canonical spelling.
 * @throws {SkillsError} `ARGS_INVALID`.
 */
export function parseRevocable(text: string): Pick<Revocation, "kind" | "what"> {
  if (isDigest(text)) return { kind: "digest", what: text };
  if (/^[A-Za-z0-9+/]{56}$/.test(text)) return { kind: "key", what: text };
  if (/^[0-9A-Fa-f]{16}$/.test(text)) return { kind: "key-id", what: text.toUpperCase() };
  if (/^[a-z0-9-]{1,40}\/[a-z0-9-]{1,64}$/.test(text)) return { kind: "id", what: text };
  throw new SkillsError("ARGS_INVALID", `Cannot revoke "${text}": it is no key, id or digest`, {
    hint: "give the key line or file of a .pub, its 16-digit id, NAMESPACE/NAME, or b2:… of a package (skill info)",
  });
}

/**
 * Revokes; what was revoked already keeps its first reason.
 *
 * @param place Where trust is kept.
 * @param revoked What, and why.
 * @returns `false` when it was revoked already.
 * @throws {SkillsError} `TRUST_TAMPERED`, `TRUST_LOCKED`.
 */
export function revoke(place: TrustPlace, revoked: Omit<Revocation, "at">): boolean {
  if (readRevocations(place).some(({ kind, what }) => kind === revoked.kind && what === revoked.what)) return false;
  editTrustFile(place, "revoked", (content) => ({
    entries: [...entriesOf(place, content), { ...revoked, at: place.clock.now() }],
  }));
  return true;
}

/** All that is revoked, read once for many questions. */
export interface Revocations {
  /** By a person. */
  readonly own: readonly Revocation[];
  /** By statements of publishers. */
  readonly publishers: readonly Publisher[];
}

/**
 * Says why something must not be used.
 *
 * @param all What is revoked.
 * @param use Key, id and digest of what is to be used.
 * @returns The reason, or `null`.
 */
export function revocationOf(all: Revocations, use: RevocableUse): string | null {
  const own = all.own.find((one) => names(one, use));
  if (own !== undefined) return own.reason;
  for (const { namespace, statement } of all.publishers) {
    if (statement === null) continue;
    const { keys, packages } = statement.revoked;
    // A publisher speaks for its own namespace only: nobody can revoke the packages of others.
    if (!use.id.startsWith(`${namespace}/`)) continue;
    if (use.key !== null && keys.includes(use.key)) {
      return `the publisher's statement ${statement.serial} revokes the key`;
    }
    if (packages.includes(use.digest)) return `the publisher's statement ${statement.serial} revokes this package`;
  }
  return null;
}

function names({ kind, what }: Revocation, use: RevocableUse): boolean {
  switch (kind) {
    case "key":
      return what === use.key;
    case "key-id":
      return use.key !== null && what === keyIdOf(use.key);
    case "id":
      return what === use.id;
    case "digest":
      return what === use.digest || (use.key !== null && what === keyDigest(use.key));
    default:
      return kind satisfies never;
  }
}

/**
 * Refuses what was revoked.
 *
 * @param all What is revoked.
 * @param use Key, id and digest of what is to be used.
 * @throws {SkillsError} `REVOKED`.
 */
export function checkRevoked(all: Revocations, use: RevocableUse): void {
  const reason = revocationOf(all, use);
  if (reason === null) return;
  throw new SkillsError("REVOKED", `Cannot use "${use.id}": it was revoked (${reason})`, {
    hint: "look for a newer release of its publisher; what was revoked here shows agentzero trust list",
  });
}
