import { PACKAGE_LIMITS } from "./archive-limits.ts";
import { SkillsError } from "./errors.ts";
import { compareBytes } from "./permission-source.ts";
import type { PackageFile } from "./stages.ts";

/** Bytes of a tar block. */
export const BLOCK = 512;
/** Zero bytes that end an archive. */
export const END_BYTES: number = 2 * BLOCK;

/**
 * Writes files as a canonical USTAR archive: one byte string for one set of files.
 *
 * @example
 * ```ts
 * packArchive([{ path: "SKILL.md", bytes, exec: false }]);
 * ```
 * @param files Files with valid paths, in any order.
 * @returns The archive.
 * @throws {SkillsError} `SIZE_LIMIT` above 64 MiB or 512 files.
 */
export function packArchive(files: readonly PackageFile[]): Uint8Array {
  const sorted = files.toSorted((a, b) => compareBytes(a.path, b.path));
  const size = sorted.reduce((sum, { bytes }) => sum + BLOCK + padded(bytes.length), 0) + END_BYTES;
  if (size > PACKAGE_LIMITS.archiveBytes || sorted.length > PACKAGE_LIMITS.files) {
    throw new SkillsError(
      "SIZE_LIMIT",
      `Cannot pack: ${sorted.length} files make an archive of ${size} bytes`,
      { hint: `at most ${PACKAGE_LIMITS.files} files and ${PACKAGE_LIMITS.archiveBytes} bytes` },
    );
  }
  const archive = new Uint8Array(size);
  let at = 0;
  for (const file of sorted) {
    writeHeader(archive.subarray(at, at + BLOCK), { path: file.path, exec: file.exec, size: file.bytes.length });
    archive.set(file.bytes, at + BLOCK);
    at += BLOCK + padded(file.bytes.length);
  }
  return archive;
}

/** Rounds a length up to whole blocks. */
export function padded(length: number): number {
  return Math.ceil(length / BLOCK) * BLOCK;
}

/**
 * Writes the one header that a file can have.
 *
 * @param block 512 zero bytes.
 * @param entry What it says.
 */
export function writeHeader(
  block: Uint8Array,
  entry: { readonly path: string; readonly exec: boolean; readonly size: number },
): void {
  put(block, 0, entry.path);
  put(block, 100, entry.exec ? "0000755" : "0000644");
  put(block, 108, "0000000");
  put(block, 116, "0000000");
  put(block, 124, entry.size.toString(8).padStart(11, "0"));
  put(block, 136, "00000000000");
  put(block, 148, "        ");
  put(block, 156, "0");
  put(block, 257, "ustar\x0000");
  put(block, 329, "0000000");
  put(block, 337, "0000000");
  let sum = 0;
  for (const byte of block) sum += byte;
  put(block, 148, `${sum.toString(8).padStart(6, "0")}\0 `);
}

function put(block: Uint8Array, at: number, ascii: string): void {
  for (let i = 0; i < ascii.length; i++) block[at + i] = ascii.charCodeAt(i);
}
