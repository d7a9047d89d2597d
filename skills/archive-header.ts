import { maxFileBytes } from "./archive-limits.ts";
import type { SkillsErrorCode } from "./errors.ts";
import { Findings, type SkillFinding } from "./finding.ts";
import { packagePathFault } from "./package-path.ts";
import { BLOCK } from "./pack-archive.ts";
import { showText } from "./visible-text.ts";

/** What a header says. */
export interface ArchiveHeader {
  /** Path inside the package, as it stands there. */
  readonly path: string;
  /** `true` when any executable bit is set. */
  readonly exec: boolean;
  /** Bytes of content that follow. */
  readonly size: number;
}

/** Collects what is wrong with an archive. */
export class ArchiveReport {
  readonly #findings: Findings = new Findings();

  /** Adds a finding; gives `null`, so that a reader can end with it. */
  add(code: SkillsErrorCode, seen: string, path?: string): null {
    this.#findings.add(code, seen, { path: path === undefined ? null : showText(path), hint: HINTS[code] });
    return null;
  }

  /** All so far, in order. */
  get all(): readonly SkillFinding[] {
    return this.#findings.all;
  }
}

const HINTS: Readonly<Partial<Record<SkillsErrorCode, string>>> = {
  ARCHIVE: "get the file again; a package is an uncompressed tar archive",
  NOT_CANONICAL: "make the package with `agentzero skill pack`, or with the tar command of docs/skill-packages.md",
};

/**
 * Reads a header of 512 bytes.
 *
 * @param block The header, untrusted.
 * @param report Gets what is wrong.
 * @returns What it says, or `null` after a finding that leaves no way on.
 */
export function readHeader(block: Uint8Array, report: ArchiveReport): ArchiveHeader | null {
  if (ascii(block, 257, 5) !== "ustar") return report.add("ARCHIVE", "a header is not of the form USTAR");
  if (readOctal(block, 148, 8) !== sumOf(block)) return report.add("ARCHIVE", "the checksum of a header is wrong");
  const path = ascii(block, 0, 100).replace(/\0.*$/s, "");
  if (OTHER_NUMBERS.some(([from, length]) => readOctal(block, from, length) === null)) {
    return report.add("ARCHIVE", "a number of a header is not octal", path);
  }
  const size = readOctal(block, 124, 12);
  if (size === null) return report.add("ARCHIVE", "a length is not octal", path);
  checkType(block[156] ?? 0, path, report);
  const unsafe = packagePathFault(path);
  if (unsafe !== null) report.add("PATH_UNSAFE", unsafe, path);
  if (size > maxFileBytes(path)) {
    return report.add("SIZE_LIMIT", `it says it has ${size} bytes, more than ${maxFileBytes(path)}`, path);
  }
  return { path, size, exec: ((readOctal(block, 100, 8) ?? 0) & 0o111) !== 0 };
}

const OTHER_NUMBERS: readonly (readonly [from: number, length: number])[] = [
  [100, 8],
  [108, 8],
  [116, 8],
  [136, 12],
  [329, 8],
  [337, 8],
];

function sumOf(block: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : block[i] ?? 0;
  return sum;
}

/** Type 0 is a regular file; NUL was one long ago and is found by the comparison. */
function checkType(type: number, path: string, report: ArchiveReport): void {
  if (type === 0x30 || type === 0) return;
  const name = TYPES[String.fromCharCode(type)] ?? `of type ${type}`;
  report.add("ENTRY_TYPE", `it is ${name}, not a regular file`, path);
}

const TYPES: Readonly<Record<string, string>> = {
  "1": "a hard link",
  "2": "a symbolic link",
  "3": "a character device",
  "4": "a block device",
  "5": "a folder",
  "6": "a FIFO",
  "x": "a PAX extension",
  "g": "a PAX extension",
  "L": "a GNU extension",
  "K": "a GNU extension",
  "S": "a sparse file",
};

function readOctal(block: Uint8Array, from: number, length: number): number | null {
  // Threat: base-256 numbers, which tar programs read differently.
  const digits = /^ *([0-7]*)[ \0]*$/.exec(ascii(block, from, length))?.[1];
  return digits === undefined ? null : digits === "" ? 0 : Number.parseInt(digits, 8);
}

function ascii(block: Uint8Array, from: number, length: number): string {
  return Buffer.from(block.buffer, block.byteOffset + from, length).toString("latin1");
}
