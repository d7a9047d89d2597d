import { b2, type Digest, digestOf } from "../core/mod.ts";
import type { ReadSpec } from "./files/read-spec.ts";
import type { FolderSpec, WriteSpec } from "./files/write-spec.ts";
import type { ProcessSpec } from "./process/process-spec.ts";

/** Every spec of this folder. */
export type SandboxSpec = ReadSpec | WriteSpec | FolderSpec | ProcessSpec;

/**
 * Digests a spec: everything in it that has effect. Byte arrays count by their own digest.
 *
 * @example
 * ```ts
 * specDigest({ op: "list", target: "/home/me/shop", depth: 1, maxEntries: 100 }); // "b2:…"
 * ```
 * @param spec A plain object of JSON values and byte arrays, acyclic.
 * @returns The digest a permit must be minted for.
 * @throws {CoreError} `JSON_INVALID` when a member has no canonical form.
 */
export function specDigest(spec: object): Digest {
  return digestOf({ form: "az/spec/1", spec: plain(spec) });
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: value.length, digest: b2(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const proto: unknown = Object.getPrototypeOf(value);
  // Objects of a class have no canonical form; leave them for it to refuse.
  if (proto !== Object.prototype && proto !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}
