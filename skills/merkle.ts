import { blake2b, concatBytes, type Digest, fromHex, parseDigest, toHex } from "../core/mod.ts";
import type { ManifestFile } from "./manifest.ts";

/**
 * Computes the root over the files of a package, split as in RFC 6962.
 *
 * @param files In the order of the manifest; at least one.
 * @returns `b2:…`.
 */
export function merkleRoot(files: readonly ManifestFile[]): Digest {
  return parseDigest(`b2:${toHex(node(files.map(leaf)))}`);
}

/** Leaf: 00, length of the path (u16), path, exec (00 or 01), size (u64), digest of the content. */
function leaf({ path, exec, size, b2 }: ManifestFile): Uint8Array {
  const name = new TextEncoder().encode(path);
  const head = new Uint8Array(3);
  new DataView(head.buffer).setUint16(1, name.length);
  const tail = new Uint8Array(9);
  tail[0] = exec ? 1 : 0;
  new DataView(tail.buffer).setBigUint64(1, BigInt(size));
  return blake2b(concatBytes([head, name, tail, fromHex(b2.slice("b2:".length)) ?? new Uint8Array()]));
}

function node(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (leaves.length <= 1) return only ?? blake2b(new Uint8Array());
  let left = 1;
  while (left * 2 < leaves.length) left *= 2;
  return blake2b(concatBytes([Uint8Array.of(1), node(leaves.slice(0, left)), node(leaves.slice(left))]));
}
