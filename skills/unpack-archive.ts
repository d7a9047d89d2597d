import { ArchiveReport, readHeader } from "./archive-header.ts";
import { PACKAGE_LIMITS } from "./archive-limits.ts";
import { findingError } from "./errors.ts";
import type { SkillFinding } from "./finding.ts";
import { BLOCK, END_BYTES, padded, writeHeader } from "./pack-archive.ts";
import { compareBytes } from "./permission-source.ts";
import type { PackageFile } from "./stages.ts";

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
  const report = new ArchiveReport();
  const entries = readEntries(archive, report);
  return {
    files: entries.map(({ path, exec, start, size }) => ({ path, exec, bytes: archive.subarray(start, start + size) })),
    findings: report.all,
  };
}

function readEntries(archive: Uint8Array, report: ArchiveReport): readonly Entry[] {
  const entries: Entry[] = [];
  if (archive.length > PACKAGE_LIMITS.archiveBytes) {
    report.add("SIZE_LIMIT", `it has ${archive.length} bytes, more than ${PACKAGE_LIMITS.archiveBytes}`);
    return entries;
  }
  let at = 0;
  for (;;) {
    const block = archive.subarray(at, at + BLOCK);
    if (block.length < BLOCK) {
      report.add("ARCHIVE", "it ends before its end mark");
      return entries;
    }
    if (isZero(block)) break;
    const entry = entries.length < PACKAGE_LIMITS.files
      ? readHeader(block, report)
      : report.add("SIZE_LIMIT", `it has more than ${PACKAGE_LIMITS.files} files`);
    if (entry === null) return entries;
    const start = at + BLOCK;
    if (start + entry.size > archive.length) {
      report.add("ARCHIVE", "a file is longer than the archive", entry.path);
      return entries;
    }
    entries.push({ ...entry, block, start });
    at = start + padded(entry.size);
  }
  checkNames(entries, report);
  checkCanonical({ archive, end: at }, entries, report);
  return entries;
}

interface Entry {
  readonly path: string;
  readonly exec: boolean;
  readonly size: number;
  readonly block: Uint8Array;
  readonly start: number;
}

function checkNames(entries: readonly Entry[], report: ArchiveReport): void {
  const seen = new Set<string>();
  const lower = new Map<string, string>();
  for (const { path } of entries) {
    const other = lower.get(path.toLowerCase());
    if (seen.has(path)) report.add("ENTRY_DUP", "it stands twice", path);
    else if (other !== undefined) {
      report.add("PATH_COLLISION", `on some disks it is the same file as "${other}"`, path);
    }
    seen.add(path);
    lower.set(path.toLowerCase(), path);
  }
  const clash = folderClash([...seen]);
  if (clash !== null) report.add("PATH_COLLISION", "a file and a folder have this name", clash);
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
  report: ArchiveReport,
): void {
  const expected = new Uint8Array(BLOCK);
  let before: string | null = null;
  for (const { path, exec, size, block, start } of entries) {
    if (before !== null && compareBytes(before, path) >= 0) {
      report.add("NOT_CANONICAL", "it is not in order: paths are sorted bytewise", path);
    }
    before = path;
    expected.fill(0);
    writeHeader(expected, { path, exec, size });
    if (Buffer.compare(expected, block) !== 0) {
      report.add("NOT_CANONICAL", "its header has another owner, time, mode or form", path);
    }
    if (!isZero(archive.subarray(start + size, Math.min(start + padded(size), archive.length)))) {
      report.add("NOT_CANONICAL", "its padding is not zero", path);
    }
  }
  const tail = archive.subarray(end);
  if (tail.length < END_BYTES) report.add("ARCHIVE", "it ends before its end mark");
  else if (!isZero(tail)) report.add("NOT_CANONICAL", "there is data after its end");
  else if (tail.length > END_BYTES) report.add("NOT_CANONICAL", "it is longer than its end mark");
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}
