import { b2, canonicalJson, type Digest, digestOf } from "../core/mod.ts";
import { checkSkillComponent, checkSkillFiles } from "./check-skill-files.ts";
import type { InspectComponent } from "./component-imports.ts";
import { findingError, SkillsError } from "./errors.ts";
import { Findings, type SkillFinding } from "./finding.ts";
import { SKILL_MD } from "./front-matter.ts";
import { buildManifest, type Manifest, MANIFEST_PATH } from "./manifest.ts";
import { parseManifest } from "./parse-manifest.ts";
import type { SecureHeader, SkillMd } from "./skill-md.ts";
import type { PackageFile } from "./stages.ts";
import { checkArchive } from "./unpack-archive.ts";

/** What is inside a package whose form, manifest and text are in order. Says nothing about who made it. */
export interface PackageContent {
  /** BLAKE2b-256 of the archive. */
  readonly digest: Digest;
  /** Bytes of the archive. */
  readonly size: number;
  /** All files but the manifest, sorted bytewise. */
  readonly files: readonly PackageFile[];
  /** The manifest. */
  readonly manifest: Manifest;
  /** `SKILL.md`, secure profile. */
  readonly md: SkillMd;
  /** The secure keys of it. */
  readonly header: SecureHeader;
  /** The component, or `null`. */
  readonly component: { readonly digest: Digest; readonly bytes: Uint8Array } | null;
  /** Digest of `SKILL.md`. */
  readonly textDigest: Digest;
  /** What it will do: equal for everybody. */
  readonly fingerprint: Digest;
}

/** What checking a package gave. */
export interface CheckedContent {
  /** The content, or `null` when anything was found. */
  readonly content: PackageContent | null;
  /** Everything that is wrong, in the order of the checks. */
  readonly findings: readonly SkillFinding[];
}

/**
 * Checks an archive: canonical form, manifest, text, permissions, forbidden content; not its component.
 *
 * @param archive Untrusted bytes.
 * @param known Digest of the archive where the caller has it from these very bytes.
 * @returns The content, or findings.
 */
export function checkContent(archive: Uint8Array, known?: Digest): CheckedContent {
  const { files: all, findings: inArchive } = checkArchive(archive);
  const findings = new Findings();
  findings.addAll(inArchive);
  // What was not even cut into files, or into more than one set of them, says nothing more.
  if (inArchive.some(({ code }) => code !== "NOT_CANONICAL" && code !== "PATH_UNSAFE")) {
    return { content: null, findings: findings.all };
  }
  const files = all.filter(({ path }) => path !== MANIFEST_PATH);
  const manifest = readManifest(all, findings);
  const { md, findings: inFiles } = checkSkillFiles(files, null);
  findings.addAll(inFiles);
  const header = md?.secure ?? null;
  if (header !== null) checkExecutable(files, header.entry, findings);
  if (manifest !== null && header !== null) compareManifest(manifest, { files, header }, findings);
  const text = files.find(({ path }) => path === SKILL_MD);
  if (findings.count > 0 || manifest === null || md === null || header === null || text === undefined) {
    return { content: null, findings: findings.all };
  }
  const digest = known ?? b2(archive);
  const wasm = files.find(({ path }) => path === header.wasm);
  const content: PackageContent = {
    digest,
    size: archive.length,
    files,
    manifest,
    md,
    header,
    component: wasm === undefined || manifest.wasm === null ? null : { digest: manifest.wasm, bytes: wasm.bytes },
    textDigest: manifest.files.find(({ path }) => path === SKILL_MD)?.b2 ?? b2(text.bytes),
    fingerprint: fingerprintOf({ digest, manifest, header }),
  };
  return { content, findings: [] };
}

/**
 * As {@link checkContent}, and looks into the component.
 *
 * @param archive Untrusted bytes.
 * @param inspect How to look into a component.
 * @returns The content, or findings.
 */
export async function checkWholeContent(archive: Uint8Array, inspect: InspectComponent): Promise<CheckedContent> {
  const checked = checkContent(archive);
  if (checked.content === null) return checked;
  const findings = await checkSkillComponent(checked.content.files, checked.content.md, inspect);
  return findings.length === 0 ? checked : { content: null, findings };
}

/**
 * As {@link checkContent}, but throws the first thing that is wrong.
 *
 * @param archive Untrusted bytes.
 * @param digest Digest of the archive where the caller has it from these very bytes.
 * @returns The content.
 * @throws {SkillsError} The codes of archive, manifest and content.
 */
export function readContent(archive: Uint8Array, digest?: Digest): PackageContent {
  return contentOf(checkContent(archive, digest));
}

/** Gives checked content, or throws its first finding. */
export function contentOf({ content, findings: [first] }: CheckedContent): PackageContent {
  if (content !== null && first === undefined) return content;
  throw findingError(
    first ?? { code: "ARCHIVE", path: null, line: null, message: "it cannot be read", hint: null },
    "Cannot open package",
  );
}

function readManifest(files: readonly PackageFile[], findings: Findings): Manifest | null {
  const file = files.find(({ path }) => path === MANIFEST_PATH);
  if (file === undefined) {
    findings.add("MANIFEST_MISSING", `there is no ${MANIFEST_PATH}`, {
      path: MANIFEST_PATH,
      hint: "make the package with `agentzero skill pack`",
    });
    return null;
  }
  try {
    return parseManifest(file.bytes);
  } catch (cause) {
    if (!(cause instanceof SkillsError)) throw cause;
    findings.add(cause.code, cause.message, { path: MANIFEST_PATH, hint: cause.hint });
    return null;
  }
}

/** Packing gives the bit to the entry script alone: another one is another archive. */
function checkExecutable(files: readonly PackageFile[], entry: string | null, findings: Findings): void {
  for (const { path, exec } of files) {
    if (exec === (path === entry)) continue;
    findings.add(
      "NOT_CANONICAL",
      exec ? "it is executable and not the entry script" : "the entry script is not executable",
      {
        path,
        hint: "make the package with `agentzero skill pack`",
      },
    );
  }
}

/** The manifest is wholly derived: it is made again and compared. */
function compareManifest(
  manifest: Manifest,
  { files, header }: { readonly files: readonly PackageFile[]; readonly header: SecureHeader },
  findings: Findings,
): void {
  const expected = buildManifest(files, header, manifest);
  if (canonicalJson(manifest.files) !== canonicalJson(expected.files)) {
    findings.add("MANIFEST_FILES", firstDifference(manifest, expected), {
      path: MANIFEST_PATH,
      hint: "make the package anew with `agentzero skill pack`",
    });
    return;
  }
  for (const key of ["id", "version", "perm", "permissions", "wasm", "root"] as const) {
    if (canonicalJson(manifest[key]) === canonicalJson(expected[key])) continue;
    findings.add("MANIFEST_MISMATCH", `its "${key}" is not what SKILL.md and the files give`, {
      path: MANIFEST_PATH,
      hint: "make the package anew with `agentzero skill pack`",
    });
  }
}

function firstDifference(manifest: Manifest, expected: Manifest): string {
  const real = new Map(expected.files.map((file) => [file.path, file]));
  const listed = new Set(manifest.files.map(({ path }) => path));
  const stray = manifest.files.find(({ path }) => !real.has(path));
  if (stray !== undefined) return `it lists "${stray.path}", which is not in the archive`;
  const unlisted = expected.files.find(({ path }) => !listed.has(path));
  if (unlisted !== undefined) return `it does not list "${unlisted.path}"`;
  const other = manifest.files.find((file) => canonicalJson(file) !== canonicalJson(real.get(file.path)));
  return other === undefined ? "its list is in another order" : `"${other.path}" has another digest, size or mode`;
}

/** What a package will do, in one digest: equal for everybody who has it. */
function fingerprintOf(
  { digest, manifest, header }: {
    readonly digest: Digest;
    readonly manifest: Manifest;
    readonly header: SecureHeader;
  },
): Digest {
  return digestOf({
    v: 1,
    package: digest,
    perm: manifest.perm,
    root: manifest.root,
    runtime: header.runtime,
    world: header.world,
    wasm: manifest.wasm,
  });
}

/**
 * Digests what one run depends on: the skill, what was granted, the rules and the programs that run it.
 *
 * @param facts Digests of the grant, the policy, the script engine and this program; `null` where there is none.
 * @returns `b2:…`, the `skill.digest` of the record.
 */
export function runFingerprint(facts: {
  readonly fingerprint: Digest;
  readonly grant: Digest | null;
  readonly policy: Digest;
  readonly engine: Digest | null;
  readonly shell: string;
}): Digest {
  const { fingerprint, grant, policy, engine, shell } = facts;
  return digestOf({ v: 1, fingerprint, grant, policy, engine, shell });
}
