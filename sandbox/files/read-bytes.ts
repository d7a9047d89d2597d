import { readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { type Digest, parseDigest, sodium, toHex } from "../../core/mod.ts";

/** How much is read from a descriptor at a time. */
export const CHUNK_BYTES: number = 64 * 1024;

const YIELD_BYTES = 4 * 1024 * 1024;

/**
 * Reads from the start of a descriptor up to a cap, never again by path.
 *
 * @param fd An open regular file.
 * @param maxBytes Bytes at most.
 * @returns The bytes read; shorter than the cap when the file ended.
 */
export function readBytes(fd: number, maxBytes: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  while (total < maxBytes) {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, maxBytes - total));
    const count = readSync(fd, chunk, 0, chunk.length, total);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/**
 * Digests a descriptor from its start in steps.
 *
 * @param fd An open regular file.
 * @param maxBytes Above this the file counts as too large.
 * @returns BLAKE2b-256 of the whole file, or `null` when it is larger.
 */
export function digestFile(fd: number, maxBytes: number): Digest | null {
  const library = sodium();
  const state = library.crypto_generichash_init(null, 32);
  const chunk = new Uint8Array(CHUNK_BYTES);
  let total = 0;
  for (;;) {
    const count = readSync(fd, chunk, 0, chunk.length, total);
    if (count === 0) break;
    total += count;
    if (total > maxBytes) {
      library.crypto_generichash_final(state, 32);
      return null;
    }
    library.crypto_generichash_update(state, chunk.subarray(0, count));
  }
  return parseDigest(`b2:${toHex(library.crypto_generichash_final(state, 32))}`);
}

/**
 * Digests a descriptor of any size and lets other work run in between.
 *
 * @param fd An open regular file.
 * @returns BLAKE2b-256 of the whole file.
 */
export async function digestSlowly(fd: number): Promise<Digest> {
  const library = sodium();
  const state = library.crypto_generichash_init(null, 32);
  const chunk = new Uint8Array(CHUNK_BYTES);
  let total = 0;
  for (;;) {
    const count = readSync(fd, chunk, 0, chunk.length, total);
    if (count === 0) break;
    total += count;
    library.crypto_generichash_update(state, chunk.subarray(0, count));
    if (total % YIELD_BYTES === 0) await setImmediate();
  }
  return parseDigest(`b2:${toHex(library.crypto_generichash_final(state, 32))}`);
}
