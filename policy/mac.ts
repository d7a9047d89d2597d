import { timingSafeEqual } from "node:crypto";
import { blake2b, canonicalJson, type Digest, isDigest, parseDigest, sha256, toHex } from "../core/mod.ts";
import type { PolicyKeys } from "./engine-types.ts";

/** What a MAC is for: the key label, and the kind of file, so that one file cannot stand in for another. */
export interface MacUse {
  /** E.g. `az/policy/v1`. */
  readonly label: string;
  /** What kind of file it is. */
  readonly kind:
    | "bundle"
    | "policies"
    | "grants"
    | "packages"
    | "publishers"
    | "seen"
    | "revoked"
    | "trust-index"
    | "generated-entry"
    | "generated-active";
}

/**
 * Computes a MAC: keyed BLAKE2b-256 (RFC 7693) over label, kind and the SHA-256 of the content, which the runtime hashes
 * natively and fast.
 *
 * @param keys Derives the key of the label.
 * @param use What for.
 * @param content The text that must not change unseen.
 * @returns `b2:<64 hex>`.
 */
export function macOf(keys: PolicyKeys, use: MacUse, content: string): Digest {
  const text = new TextEncoder().encode(`${use.label}\n${use.kind}\n${sha256(content)}`);
  return parseDigest(`b2:${toHex(blake2b(text, 32, keys.derive(use.label)))}`);
}

/** Writes an object as canonical JSON with `mac` as its last member, and a line end. */
export function sealJson(keys: PolicyKeys, use: MacUse, content: Readonly<Record<string, unknown>>): string {
  const body = canonicalJson(content).slice(0, -1);
  return `${body},"mac":"${macOf(keys, use, body)}"}\n`;
}

const MAC_AT_END = /,"mac":"(b2:[0-9a-f]{64})"\}\n$/;

/**
 * Reads what {@link sealJson} wrote. The MAC is over the bytes before it: nothing is parsed that was not checked.
 *
 * @param keys Derives the key of the label.
 * @param use What for.
 * @param text The file.
 * @returns The object without `mac`, or `null` when the file is damaged, foreign or forged.
 */
export function openJson(keys: PolicyKeys, use: MacUse, text: string): Readonly<Record<string, unknown>> | null {
  // A slice, since a search over the whole text would be tried at each of its letters.
  const tail = text.slice(-TAIL_LENGTH);
  const mac = MAC_AT_END.exec(tail)?.[1];
  if (!isDigest(mac)) return null;
  const body = text.slice(0, -TAIL_LENGTH);
  if (!sameText(mac, macOf(keys, use, body))) return null;
  const parsed: unknown = JSON.parse(`${body}}`);
  return isRecord(parsed) ? parsed : null;
}

const TAIL_LENGTH = ',"mac":""}\n'.length + "b2:".length + 64;

/** Compares two texts of equal length in constant time. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Tells whether a value is a plain object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
