import { type Digest, isDigest } from "../core/mod.ts";
import { isSkillVersion, parseSkillId } from "./names.ts";

/** What the signed comment of a package says: `azs1 id=NS/NAME v=VERSION seq=N b2=<64 hex> perm=<64 hex>`. */
export interface TrustedComment {
  /** `NAMESPACE/NAME`. */
  readonly id: string;
  /** The part of the id before the slash. */
  readonly namespace: string;
  /** Version of the skill. */
  readonly version: string;
  /** Number of the release. */
  readonly seq: number;
  /** Digest of the archive. */
  readonly b2: Digest;
  /** Digest of the permissions. */
  readonly perm: Digest;
}

const COMMENT = /^azs1 id=([^ ]+) v=([^ ]+) seq=(0|[1-9]\d{0,15}) b2=([0-9a-f]{64}) perm=([0-9a-f]{64})$/;

/**
 * Reads a trusted comment.
 *
 * @param text The comment without `trusted comment: `.
 * @returns Its fields, or `null` for any other spelling.
 */
export function parseTrustedComment(text: string): TrustedComment | null {
  const [, id = "", version = "", digits = "", package_ = "", permissions = ""] = COMMENT.exec(text) ?? [];
  const parts = parseSkillId(id);
  const seq = Number(digits);
  const b2 = `b2:${package_}`;
  const perm = `b2:${permissions}`;
  if (parts === null || !isSkillVersion(version) || !Number.isSafeInteger(seq)) return null;
  return isDigest(b2) && isDigest(perm) ? { id, namespace: parts.namespace, version, seq, b2, perm } : null;
}

/**
 * Writes a trusted comment.
 *
 * @param comment Its fields.
 * @returns The comment without `trusted comment: `.
 */
export function formatTrustedComment(comment: Omit<TrustedComment, "namespace">): string {
  const { id, version, seq, b2, perm } = comment;
  return `azs1 id=${id} v=${version} seq=${seq} b2=${b2.slice(3)} perm=${perm.slice(3)}`;
}
