import { blake2b, toHex } from "../core/mod.ts";
import { MerkleTree, sha256 } from "./merkle.ts";

/** A chain value before the first record of a session: 32 zero bytes. */
export const ZERO_CHAIN: Uint8Array = new Uint8Array(32);

/** Both running hashes over the lines of a segment: the chain that goes on over segments, and the tree. */
export class Chain {
  readonly #tree = new MerkleTree();
  readonly #joint = new Uint8Array(64);
  #value: Uint8Array;
  #text: string;

  /** @param start Zero bytes, or the last chain value of the previous segment. */
  constructor(start: Uint8Array) {
    this.#value = start;
    this.#text = chainText(start);
  }

  /** Records so far. */
  get size(): number {
    return this.#tree.size;
  }

  /** The chain value as `b2:<hex>`: the `prev` of the next record. */
  get text(): string {
    return this.#text;
  }

  /** The chain value. */
  get value(): Uint8Array {
    return this.#value;
  }

  /** Takes in one line, given with a byte 0x00 in front: what a leaf hashes. Returns the leaf hash. */
  push(prefixedLine: Uint8Array): Uint8Array {
    const leaf = sha256(prefixedLine);
    this.#tree.push(leaf);
    this.#joint.set(this.#value);
    this.#joint.set(leaf, 32);
    this.#value = blake2b(this.#joint);
    this.#text = chainText(this.#value);
    return leaf;
  }

  /** The tree's root as `sha256:<hex>`. */
  root(): string {
    return rootText(this.#tree.root());
  }
}

/** Writes a chain value as `b2:<hex>`. */
export function chainText(value: Uint8Array): string {
  return `b2:${toHex(value)}`;
}

/** Writes a root as `sha256:<hex>`. */
export function rootText(value: Uint8Array): string {
  return `sha256:${toHex(value)}`;
}
