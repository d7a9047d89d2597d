import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../core/mod.ts";
import { maxFileBytes, PACKAGE_LIMITS } from "./archive-limits.ts";
import { SkillsError } from "./errors.ts";
import { Findings, type SkillFinding } from "./finding.ts";
import { MANIFEST_PATH } from "./manifest.ts";
import { MAX_PATH_PARTS, packagePathFault } from "./package-path.ts";
import { compareBytes } from "./permission-source.ts";
import { readRegular } from "./read-regular.ts";
import type { PackageFile } from "./stages.ts";
import { folderClash } from "./unpack-archive.ts";
import { showText } from "./visible-text.ts";

/** The files of a skill folder. */
export interface SkillFolder {
  /** Real path. */
  readonly folder: string;
  /** Every file but a manifest, sorted bytewise; none is marked as executable yet. */
  readonly files: readonly PackageFile[];
  /** What cannot be packed: links, devices, hidden names, sizes. */
  readonly findings: readonly SkillFinding[];
}

/**
 * Reads a skill folder, following no link below it.
 *
 * @param path The folder.
 * @returns Its files, and what is in the way of packing them.
 * @throws {SkillsError} `NOT_FOUND` when it is no folder.
 */
export function readFolder(path: string): SkillFolder {
  const walk = new Walk(realFolder(path));
  walk.enter("");
  const { files, findings } = walk.done();
  return { folder: walk.root, files, findings };
}

function realFolder(path: string): string {
  try {
    const real = realpathSync(path);
    if (lstatSync(real).isDirectory()) return real;
  } catch (cause) {
    throw new SkillsError("NOT_FOUND", `Cannot read skill "${path}": there is no such folder`, { cause });
  }
  throw new SkillsError("NOT_FOUND", `Cannot read skill "${path}": it is not a folder`);
}

class Walk {
  readonly root: string;
  readonly #files: PackageFile[] = [];
  readonly #findings: Findings = new Findings();
  #entries = 0;
  #bytes = 0;

  constructor(root: string) {
    this.root = root;
  }

  done(): { readonly files: readonly PackageFile[]; readonly findings: readonly SkillFinding[] } {
    const files = this.#files.toSorted((a, b) => compareBytes(a.path, b.path));
    const lower = new Map<string, string>();
    for (const { path } of files) {
      const other = lower.get(path.toLowerCase());
      if (other !== undefined) this.#refuse("PATH_COLLISION", `on some disks it is the same file as "${other}"`, path);
      lower.set(path.toLowerCase(), path);
    }
    const clash = folderClash(files.map(({ path }) => path));
    if (clash !== null) this.#refuse("PATH_COLLISION", "on some disks a folder has this name, too", clash);
    return { files, findings: this.#findings.all };
  }

  enter(below: string): void {
    for (const name of this.#names(below)) {
      if (++this.#entries > MAX_ENTRIES) {
        this.#refuse("SIZE_LIMIT", `it has more than ${PACKAGE_LIMITS.files} files`, below);
        return;
      }
      this.#take(below === "" ? name : `${below}/${name}`);
    }
  }

  #names(below: string): readonly string[] {
    try {
      return readdirSync(join(this.root, below)).toSorted(compareBytes);
    } catch (cause) {
      throw new SkillsError("READ_FAILED", `Cannot read folder "${below}": ${errorCode(cause)}`, {
        path: below,
        cause,
      });
    }
  }

  #take(path: string): void {
    const stat = lstatSync(join(this.root, path), { throwIfNoEntry: false });
    if (stat === undefined) return;
    const fault = packagePathFault(path);
    if (stat.isSymbolicLink() || !(stat.isFile() || stat.isDirectory())) {
      this.#refuse("ENTRY_TYPE", stat.isSymbolicLink() ? "it is a link" : "it is no regular file", path);
    } else if (fault !== null) {
      this.#refuse("PATH_UNSAFE", fault, path);
    } else if (stat.isDirectory()) {
      if (path.split("/").length >= MAX_PATH_PARTS) this.#refuse("PATH_UNSAFE", "it is nested too deep", path);
      else this.enter(path);
    } else if (path !== MANIFEST_PATH) {
      // An unpacked package has one; it is made anew.
      this.#read(path);
    }
  }

  #read(path: string): void {
    if (this.#files.length >= PACKAGE_LIMITS.files - 1) {
      if (this.#files.length === PACKAGE_LIMITS.files - 1) {
        this.#refuse("SIZE_LIMIT", `it is one file more than ${PACKAGE_LIMITS.files} with the manifest`, path);
        this.#files.push({ path, bytes: new Uint8Array(), exec: false });
      }
      return;
    }
    const file = readRegular(join(this.root, path), maxFileBytes(path));
    if (file.kind === "ok" && this.#bytes + file.bytes.length <= PACKAGE_LIMITS.archiveBytes) {
      this.#bytes += file.bytes.length;
      this.#files.push({ path, bytes: file.bytes, exec: false });
    } else if (file.kind === "ok") {
      this.#refuse("SIZE_LIMIT", `with it the skill has more than ${PACKAGE_LIMITS.archiveBytes} bytes`, path);
    } else if (file.kind === "refused" && file.why === "io") {
      throw new SkillsError("READ_FAILED", `Cannot read "${path}": ${file.seen}`, { path });
    } else if (file.kind === "refused") {
      this.#refuse(file.why === "size" ? "SIZE_LIMIT" : "ENTRY_TYPE", file.seen, path);
    }
  }

  #refuse(code: "ENTRY_TYPE" | "PATH_COLLISION" | "PATH_UNSAFE" | "SIZE_LIMIT", seen: string, path: string): void {
    this.#findings.add(code, seen, { path: showText(path), hint: HINTS[code] });
  }
}

const MAX_ENTRIES = 5_000;

const HINTS: Readonly<Record<string, string>> = {
  ENTRY_TYPE: "replace it by the file itself",
  PATH_COLLISION: "rename one of them",
  PATH_UNSAFE: "move it out of the folder, or rename it: A-Z a-z 0-9 . _ @ + -, at most 8 parts and 100 bytes",
  SIZE_LIMIT: "make it smaller, or leave it out",
};
