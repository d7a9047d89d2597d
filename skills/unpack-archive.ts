import { maxFileBytes, PACKAGE_LIMITS } from "./archive-limits.ts";
import { findingError, type SkillsErrorCode } from "./errors.ts";
import { Findings, type SkillFinding } from "./finding.ts";
import { BLOCK, END_BYTES, padded, writeHeader } from "./pack-archive.ts";
import { packagePathFault } from "./package-path.ts";
import { compareBytes } from "./permission-source.ts";
import type { PackageFile } from "./stages.ts";
import { showText } from "./visible-text.ts";

/**
 * Reads a canonical archive. Whatever another encoder could have written otherwise (order, owners, padding, tails) is
 * refused, since every header is written again and compared: there is one archive for one set of files.
 *
 * @param archive Untrusted bytes.
 * @returns The files in order; their bytes are slices of `archive`.
 * @throws {SkillsError} `ARCHIVE`, `SIZE_LIMIT`, `PATH_UNSAFE`, `PATH_COLLISION`, `ENTRY_TYPE`, `ENTRY_DUP`,
 * `NOT_CANONICAL`.
 */
export function unpackArchive(archive: Uint8Array): readonly PackageFile[] {
  const { files, findings } = checkArchive(archive);
  const [first] = findings;
  if (first !== undefined) throw findingError(first, "Cannot unpack");
  return files;
}

/**
 * As {@link unpackArchive}, but gives everything that is wrong.
 *
 * @param archive Untrusted bytes.
 * @returns The files as far as they could be read, and findings.
 */
export function checkArchive(
  archive: Uint8Array,
): { readonly files: readonly PackageFile[]; readonly findings: readonly SkillFinding[] } {
  const findings = new Findings();
  const entries = readEntries(archive, findings);
  return {
    files: entries.map(({ path, exec, start, size }) => ({ path, exec, bytes: archive.subarray(start, start + size) })),
    findings: findings.all,
  };
}

function readEntries(archive: Uint8Array, findings: Findings): readonly Entry[] {
  const entries: Entry[] = [];
  if (archive.length > PACKAGE_LIMITS.archiveBytes) {
    add(findings, "SIZE_LIMIT", `it has ${archive.length} bytes, more than ${PACKAGE_LIMITS.archiveBytes}`);
    return entries;
  }
  let at = 0;
  for (;;) {
    const block = archive.subarray(at, at + BLOCK);
    if (block.length < BLOCK) {
      add(findings, "ARCHIVE", "it ends before its end mark");
      return entries;
    }
    if (isZero(block)) break;
    const entry = entries.length < PACKAGE_LIMITS.files
      ? readHeader(block, findings)
      : add(findings, "SIZE_LIMIT", `it has more than ${PACKAGE_LIMITS.files} files`);
    if (entry === null) return entries;
    const start = at + BLOCK;
    if (start + entry.size > archive.length) {
      add(findings, "ARCHIVE", "a file is longer than the archive", entry.path);
      return entries;
    }
    entries.push({ ...entry, block, start });
    at = start + padded(entry.size);
  }
  checkNames(entries, findings);
  checkCanonical({ archive, end: at }, entries, findings);
  return entries;
}

interface Entry {
  readonly path: string;
  readonly exec: boolean;
  readonly size: number;
  readonly block: Uint8Array;
  readonly start: number;
}

/** Reads a header; `null` after a finding that leaves no way on. */
function readHeader(block: Uint8Array, findings: Findings): Omit<Entry, "block" | "start"> | null {
  if (ascii(block, 257, 5) !== "ustar") return add(findings, "ARCHIVE", "a header is not of the form USTAR");
  if (readOctal(block, 148, 8) !== sumOf(block)) return add(findings, "ARCHIVE", "the checksum of a header is wrong");
  const path = ascii(block, 0, 100).replace(/\0.*$/s, "");
  if (OTHER_NUMBERS.some(([from, length]) => readOctal(block, from, length) === null)) {
    return add(findings, "ARCHIVE", "a number of a header is not octal", path);
  }
  const size = readOctal(block, 124, 12);
  if (size === null) return add(findings, "ARCHIVE", "a length is not octal", path);
  checkType(block[156] ?? 0, path, findings);
  const unsafe = packagePathFault(path);
  if (unsafe !== null) add(findings, "PATH_UNSAFE", unsafe, path);
  if (size > maxFileBytes(path)) {
    return add(findings, "SIZE_LIMIT", `it says it has ${size} bytes, more than ${maxFileBytes(path)}`, path);
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
function checkType(type: number, path: string, findings: Findings): void {
  if (type === 0x30 || type === 0) return;
  const name = TYPES[String.fromCharCode(type)] ?? `of type ${type}`;
  add(findings, "ENTRY_TYPE", `it is ${name}, not a regular file`, path);
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

function checkNames(entries: readonly Entry[], findings: Findings): void {
  const seen = new Set<string>();
  const lower = new Map<string, string>();
  for (const { path } of entries) {
    const other = lower.get(path.toLowerCase());
    if (seen.has(path)) add(findings, "ENTRY_DUP", "it stands twice", path);
    else if (other !== undefined) {
      add(findings, "PATH_COLLISION", `on some disks it is the same file as "${other}"`, path);
    }
    seen.add(path);
    lower.set(path.toLowerCase(), path);
  }
  const clash = folderClash([...seen]);
  if (clash !== null) add(findings, "PATH_COLLISION", "a file and a folder have this name", clash);
}

/**
 * Finds a path that is a file and a folder at once, on a disk that folds case.
 *
 * @param paths Paths of files.
 * @returns The path, or `null`.
 */
export function folderClash(paths: readonly string[]): string | null {
  const files = new Map(paths.map((path) => [path.toLowerCase(), path]));
  for (const path of files.keys()) {
    for (let cut = path.indexOf("/"); cut >= 0; cut = path.indexOf("/", cut + 1)) {
      const file = files.get(path.slice(0, cut));
      if (file !== undefined) return file;
    }
  }
  return null;
}

/** Compares with what packing the same files gives: headers, order, padding, end. */
function checkCanonical(
  { archive, end }: { readonly archive: Uint8Array; readonly end: number },
  entries: readonly Entry[],
  findings: Findings,
): void {
  const expected = new Uint8Array(BLOCK);
  let before: string | null = null;
  for (const { path, exec, size, block, start } of entries) {
    if (before !== null && compareBytes(before, path) >= 0) {
      add(findings, "NOT_CANONICAL", "it is not in order: paths are sorted bytewise", path);
    }
    before = path;
    expected.fill(0);
    writeHeader(expected, { path, exec, size });
    if (Buffer.compare(expected, block) !== 0) {
      add(findings, "NOT_CANONICAL", "its header has another owner, time, mode or form", path);
    }
    if (!isZero(archive.subarray(start + size, Math.min(start + padded(size), archive.length)))) {
      add(findings, "NOT_CANONICAL", "its padding is not zero", path);
    }
  }
  const tail = archive.subarray(end);
  if (tail.length < END_BYTES) add(findings, "ARCHIVE", "it ends before its end mark");
  else if (!isZero(tail)) add(findings, "NOT_CANONICAL", "there is data after its end");
  else if (tail.length > END_BYTES) add(findings, "NOT_CANONICAL", "it is longer than its end mark");
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}

function ascii(block: Uint8Array, from: number, length: number): string {
  return Buffer.from(block.buffer, block.byteOffset + from, length).toString("latin1");
}

function add(findings: Findings, code: SkillsErrorCode, ...[seen, path]: readonly [seen: string, path?: string]): null {
  findings.add(code, seen, {
    path: path === undefined ? null : showText(path),
    hint: code === "NOT_CANONICAL"
      ? "make the package with `agentzero skill pack`, or with the tar command of docs/skill-packages.md"
      : null,
  });
  return null;
}
