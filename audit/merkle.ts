import { hash } from "node:crypto";

const NODE = 1;

/** SHA-256 of a leaf: the byte 0x00 and the line (RFC 6962, section 2.1). */
export function leafHash(line: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(line.length + 1);
  prefixed.set(line, 1);
  return sha256(prefixed);
}

/** Hash of an inner node: the byte 0x01 and both children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(65);
  bytes[0] = NODE;
  bytes.set(left, 1);
  bytes.set(right, 33);
  return sha256(bytes);
}

/** Raw SHA-256 (FIPS 180-4). */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}

/**
 * A growing Merkle tree that keeps one hash per level (RFC 6962), so that a root over any prefix costs a few hashes.
 */
export class MerkleTree {
  // #levels[k] is the hash of the perfect subtree of 2^k leaves at the right edge, where the size has bit k.
  readonly #levels: (Uint8Array | null)[] = [];
  #size = 0;

  /** Leaves so far. */
  get size(): number {
    return this.#size;
  }

  /** Adds one leaf hash. */
  push(leaf: Uint8Array): void {
    let carry = leaf;
    let level = 0;
    for (;; level++) {
      const left = this.#levels[level] ?? null;
      if (left === null) break;
      carry = nodeHash(left, carry);
      this.#levels[level] = null;
    }
    this.#levels[level] = carry;
    this.#size++;
  }

  /** Returns the root over all leaves so far; of no leaf the SHA-256 of nothing. */
  root(): Uint8Array {
    let right: Uint8Array | null = null;
    for (const left of this.#levels) {
      if (left === null) continue;
      right = right === null ? left : nodeHash(left, right);
    }
    return right ?? sha256(new Uint8Array());
  }
}

/**
 * Computes the audit path of one leaf (RFC 6962, section 2.1.1).
 *
 * @param leaves All leaf hashes of the tree.
 * @param index Which leaf, from 0.
 * @returns Sibling hashes from the leaf to the root.
 */
export function merklePath(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (leaves.length <= 1) return [];
  const split = splitPoint(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...merklePath(left, index), merkleRoot(right)]
    : [...merklePath(right, index - split), merkleRoot(left)];
}

/**
 * Computes the root over leaf hashes.
 *
 * @param leaves All leaf hashes.
 * @returns The RFC 6962 tree hash.
 */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.push(leaf);
  return tree.root();
}

/**
 * Computes the root that an audit path leads to (RFC 9162, section 2.1.3.2).
 *
 * @param proof Leaf hash, its index, the size of the tree and the path; untrusted.
 * @returns The root, or `null` when the path does not fit index and size.
 */
export function rootOfPath(
  proof: {
    readonly leaf: Uint8Array;
    readonly index: number;
    readonly size: number;
    readonly path: readonly Uint8Array[];
  },
): Uint8Array | null {
  if (proof.index < 0 || proof.index >= proof.size) return null;
  let [at, last] = [proof.index, proof.size - 1];
  let hashed = proof.leaf;
  for (const sibling of proof.path) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      hashed = nodeHash(sibling, hashed);
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else {
      hashed = nodeHash(hashed, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hashed : null;
}

/** The largest power of two below `size`. */
function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}
