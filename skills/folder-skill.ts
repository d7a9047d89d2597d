import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { b2, type Digest, errorCode } from "../core/mod.ts";
import { SkillsError } from "./errors.ts";
import { EMPTY_PERMISSIONS, permDigest } from "./permissions.ts";
import { checkSkillMd, readSkillMd } from "./read-skill-md.ts";
import { readRegular } from "./read-regular.ts";
import type { SkillMd } from "./skill-md.ts";
import { type GrantedSkill, Stage } from "./stages.ts";

/** A folder that looks like a skill: unsigned, text only, without authority. */
export interface FolderSkill {
  /** Name of the folder. */
  readonly name: string;
  /** Real path of the folder. */
  readonly dir: string;
}

const MAX_TEXT_BYTES = 65_536;
const MAX_FILE_BYTES = 16_777_216;
const MAX_FILES = 512;
const MAX_DEPTH = 8;
const MAX_FOLDERS = 2_000;
let empty: Digest | null = null;

/** Digest of no permissions at all. */
export function emptyPerm(): Digest {
  empty ??= permDigest(EMPTY_PERMISSIONS);
  return empty;
}

/**
 * Lists the skills of a folder: real folders with a skill's name that hold a `SKILL.md`. Links are not followed.
 *
 * @param parent The folder that skills lie in.
 * @returns Sorted by name; none when it cannot be listed.
 */
export function listFolderSkills(parent: string): readonly FolderSkill[] {
  try {
    if (lstatSync(parent, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
    return readdirSync(parent, { withFileTypes: true })
      .slice(0, MAX_FOLDERS)
      // One of another name is listed as well, and refused for it: a skill that is silently absent puzzles people.
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map(({ name }) => ({ name, dir: join(parent, name) }))
      .filter(({ dir }) => lstatSync(join(dir, "SKILL.md"), { throwIfNoEntry: false })?.isFile() === true)
      .toSorted((a, b) => a.name < b.name ? -1 : 1);
  } catch {
    return [];
  }
}

/** The text of a folder skill. */
export interface FolderText {
  /** Its header and body. */
  readonly md: SkillMd;
  /** Digest of the file. */
  readonly digest: Digest;
}

/**
 * Reads the text of a folder skill in the compat profile.
 *
 * @param skill The folder.
 * @returns Header, body and digest.
 * @throws {SkillsError} What `readSkillMd` throws, `ENTRY_TYPE` for links, `SIZE_LIMIT`.
 */
export function readFolderText({ name, dir }: FolderSkill): FolderText {
  const bytes = textBytes({ name, dir });
  return { md: readSkillMd(bytes, { profile: "compat", folder: dir }), digest: b2(bytes) };
}

/** As {@link readFolderText}, for lists: gives the code instead of throwing. */
export function peekFolderText(skill: FolderSkill): FolderText | { readonly code: string } {
  try {
    const bytes = textBytes(skill);
    const { md, findings } = checkSkillMd(bytes, { profile: "compat", folder: skill.dir });
    return md === null ? { code: findings[0]?.code ?? "FRONTMATTER" } : { md, digest: b2(bytes) };
  } catch (cause) {
    return { code: cause instanceof SkillsError ? cause.code : "READ_FAILED" };
  }
}

function textBytes({ name, dir }: FolderSkill): Uint8Array {
  const file = readRegular(join(dir, "SKILL.md"), MAX_TEXT_BYTES);
  if (file.kind === "ok") return file.bytes;
  if (file.kind === "missing") {
    throw new SkillsError("NOT_FOUND", `Cannot read skill "${name}": there is no SKILL.md in "${dir}"`, {
      hint: "agentzero skill init NAME makes one",
    });
  }
  const code = file.why === "size" ? "SIZE_LIMIT" : file.why === "io" ? "READ_FAILED" : "ENTRY_TYPE";
  throw new SkillsError(code, `Cannot read skill "${name}": SKILL.md: ${file.seen}`, { path: "SKILL.md" });
}

/**
 * Loads a folder skill: no authority, whatever it says.
 *
 * @param skill The folder.
 * @returns The skill.
 * @throws {SkillsError} What {@link readFolderText} throws.
 */
export function loadFolderSkill(skill: FolderSkill): GrantedSkill {
  const { md, digest } = readFolderText(skill);
  const files = filesOf(skill.dir);
  const known = new Set(files.map(({ path }) => path));
  return {
    stage: new Stage("granted"),
    name: skill.name,
    md,
    actor: {
      id: `local/${skill.name}`,
      version: null,
      publisher: null,
      digest,
      trust: "local",
      permissions: null,
      roots: {},
    },
    permissions: EMPTY_PERMISSIONS,
    perm: emptyPerm(),
    fingerprint: digest,
    runtime: "none",
    entry: null,
    file: (path) => known.has(path) ? readInside(skill.dir, path) : null,
    files,
    component: null,
    text: md.body,
    textDigest: digest,
  };
}

function filesOf(dir: string): readonly { readonly path: string; readonly size: number }[] {
  const found: { path: string; size: number }[] = [];
  function walk(inside: string, depth: number): void {
    if (depth > MAX_DEPTH || found.length >= MAX_FILES) return;
    for (const entry of readdirSync(join(dir, inside), { withFileTypes: true })) {
      const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
      if (entry.name.startsWith(".") || found.length >= MAX_FILES) continue;
      if (entry.isDirectory()) walk(path, depth + 1);
      else if (entry.isFile()) found.push({ path, size: lstatSync(join(dir, path)).size });
    }
  }
  try {
    walk("", 1);
  } catch (cause) {
    throw new SkillsError("READ_FAILED", `Cannot list "${dir}": ${errorCode(cause)}`);
  }
  return found.toSorted((a, b) => a.path < b.path ? -1 : 1);
}

// Threat: a folder on the way was replaced by a link since it was listed.
function readInside(dir: string, path: string): Uint8Array | null {
  let at = dir;
  for (const part of path.split("/").slice(0, -1)) {
    at = join(at, part);
    if (lstatSync(at, { throwIfNoEntry: false })?.isDirectory() !== true) return null;
  }
  const file = readRegular(join(dir, path), MAX_FILE_BYTES);
  return file.kind === "ok" ? file.bytes : null;
}
