import { timingSafeEqual } from "node:crypto";
import { blake2b, canonicalJson, type Digest, isDigest, shape, toHex } from "../../../core/mod.ts";

/** What `entry.json` says of the files beside it. */
export interface StoreEntry {
  readonly v: 1;
  /** Name of the folder, so that no entry can stand in for another. */
  readonly key: string;
  /** Digest of the component. */
  readonly digest: Digest;
  /** What its largest memory may grow to. */
  readonly memoryPages: number;
  /** Names of what it imports. */
  readonly imports: readonly string[];
  /** Names of what it exports. */
  readonly exports: readonly string[];
  /** The files beside, the glue first. */
  readonly files: readonly { readonly name: string; readonly size: number; readonly b2: Digest }[];
}

const LABEL = "agentzero wasm entry 1\n";
const NAMES = shape.list(shape.string({ max: 4096 }), { max: 4096 });
const DIGEST = shape.guarded(isDigest, "a digest");
const ENTRY = shape.object({
  v: shape.guarded((value: unknown): value is 1 => value === 1, "1"),
  key: shape.string({ pattern: /^[0-9a-f]{64}$/ }),
  digest: DIGEST,
  memoryPages: shape.integer({ min: 1 }),
  imports: NAMES,
  exports: NAMES,
  files: shape.list(
    shape.object({
      name: shape.string({ pattern: /^[a-z0-9]+\.(js|wasm)$/, max: 32 }),
      size: shape.integer({ min: 0 }),
      b2: DIGEST,
    }),
    { min: 1, max: 64 },
  ),
  mac: shape.string({ pattern: /^[0-9a-f]{64}$/ }),
});

/**
 * Writes an entry with a keyed BLAKE2b over itself.
 *
 * @param entry What it says.
 * @param macKey 32 bytes.
 * @returns The content of `entry.json`.
 */
export function encodeEntry(entry: StoreEntry, macKey: Uint8Array): Uint8Array {
  return new TextEncoder().encode(canonicalJson({ ...entry, mac: toHex(macOf(entry, macKey)) }));
}

/**
 * Reads an entry.
 *
 * @param bytes The content of `entry.json`.
 * @param macKey 32 bytes.
 * @returns The entry, or `null` when it is not, byte by byte, what was written with this key.
 */
export function decodeEntry(bytes: Uint8Array, macKey: Uint8Array): StoreEntry | null {
  const text = new TextDecoder().decode(bytes);
  const decoded = ENTRY.safeParse(parse(text));
  if (!decoded.success) return null;
  const { mac, ...entry } = decoded.data;
  const expected = macOf(entry, macKey);
  if (!timingSafeEqual(Buffer.from(mac, "hex"), expected)) return null;
  return canonicalJson({ ...entry, mac }) === text ? entry : null;
}

function macOf(entry: StoreEntry, macKey: Uint8Array): Uint8Array {
  return blake2b(new TextEncoder().encode(LABEL + canonicalJson(entry)), 32, macKey);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
