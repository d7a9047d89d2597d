import { join } from "node:path";
import { canonicalJson, type Digest, isDigest, shape, type SkillPermissions } from "../core/mod.ts";
import { SkillsError } from "./errors.ts";
import { isPublicKeyText } from "./minisign.ts";
import { misfitText } from "./misfit-text.ts";
import { PERMISSIONS_SHAPE } from "./parse-manifest.ts";
import { readRegular } from "./read-regular.ts";
import { repeatedKey } from "./repeated-key.ts";
import type { SkillProfile, SkillRuntime } from "./skill-md.ts";

/** The pin of one installed skill: which bytes, never what they may do. */
export interface LockEntry {
  /** What it will do: equal for everybody. */
  readonly fingerprint: Digest;
  /** `NAMESPACE/NAME`, or `local/NAME` for the compat profile. */
  readonly id: string;
  /** The whole minisign public key, 42 bytes in base64; `null` for the compat profile. */
  readonly key: string | null;
  /** What it is called here. */
  readonly name: string;
  /** Digest of the archive. */
  readonly package: Digest;
  /** Digest of the permissions it declares. */
  readonly perm: Digest;
  /** What it declares. */
  readonly permissions: SkillPermissions;
  /** How its `SKILL.md` is read. */
  readonly profile: SkillProfile;
  /** Merkle root over its files. */
  readonly root: Digest;
  /** What runs it. */
  readonly runtime: SkillRuntime;
  /** Number of the release. */
  readonly seq: number;
  /** Digest of the signature's text; `null` for the compat profile. */
  readonly sig: Digest | null;
  /** Bytes of the archive. */
  readonly size: number;
  /** Where it came from, with the digest that a tag stood for. */
  readonly source: string;
  /** Digest of `SKILL.md`. */
  readonly text: Digest;
  /** Its version. */
  readonly version: string;
  /** Digest of the component, or `null`. */
  readonly wasm: Digest | null;
  /** WIT world, or `null`. */
  readonly world: string | null;
}

const DIGEST = shape.guarded(isDigest, "a digest");
const ENTRY: shape.Shape<LockEntry> = shape.object({
  fingerprint: DIGEST,
  id: shape.string({ pattern: /^[a-z0-9-]{1,40}\/[a-z0-9-]{1,64}$/ }),
  key: shape.nullable(shape.guarded(isPublicKeyText, "the second line of a .pub file")),
  name: shape.string({ pattern: /^(?=.{1,64}$)[a-z0-9]+(?:-[a-z0-9]+)*$/ }),
  package: DIGEST,
  perm: DIGEST,
  permissions: PERMISSIONS_SHAPE,
  profile: shape.oneOf("compat", "secure"),
  root: DIGEST,
  runtime: shape.oneOf("none", "wasm-sandbox", "host-supervised", "mvm-microvm", "host-readonly"),
  seq: shape.integer({ min: 0 }),
  sig: shape.nullable(DIGEST),
  size: shape.integer({ min: 1 }),
  source: shape.string({ min: 1, max: 4096 }),
  text: DIGEST,
  version: shape.string({ min: 1, max: 128 }),
  wasm: shape.nullable(DIGEST),
  world: shape.nullable(shape.string({ max: 1024 })),
});

const LOCK = shape.object({
  skills: shape.list(ENTRY, { max: 10_000 }),
  v: shape.guarded((value): value is 1 => value === 1, "the number 1"),
});

/** What a lock of at most ten thousand entries needs. */
const MAX_LOCK_BYTES = 33_554_432;

/** The lock as it stands: `null` where there is no file. */
export type Lock = readonly LockEntry[] | null;

/** Path of the lock of a project. */
export function lockPath(project: string): string {
  return join(project, ".agentzero", "skills.lock");
}

/**
 * Reads the lock of a project.
 *
 * @param project Its root.
 * @returns One entry a name, or `null` where there is no file.
 * @throws {SkillsError} `LOCK_INVALID` for anything that this program would not have written.
 */
export function readLock(project: string): Lock {
  // Group-writable checkouts are common, and a pin grants nothing: what it names is verified at each use.
  const file = readRegular(lockPath(project), MAX_LOCK_BYTES);
  if (file.kind === "missing") return null;
  if (file.kind === "refused") throw invalid(file.seen);
  return parseLock(file.bytes);
}

/**
 * Reads the bytes of a lock. Strict: nothing is ever skipped for a field that is absent.
 *
 * @param bytes The file.
 * @returns One entry a name.
 * @throws {SkillsError} `LOCK_INVALID`.
 */
export function parseLock(bytes: Uint8Array): readonly LockEntry[] {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw invalid(bytes.length === 0 ? "it is empty" : "it is not JSON");
  }
  const repeated = repeatedKey(text);
  if (repeated !== null) throw invalid(`"${repeated.slice(0, 80)}" stands twice in one object`);
  const decoded = LOCK.safeParse(value);
  if (!decoded.success) throw invalid(misfitText(decoded.error.issues));
  if (!canBeWritten(decoded.data)) throw invalid("it has half a character");
  const names = new Set<string>();
  for (const entry of decoded.data.skills) {
    if (names.has(entry.name)) throw invalid(`"${entry.name}" has two entries`);
    names.add(entry.name);
    const fault = profileFault(entry);
    if (fault !== null) throw invalid(`"${entry.name}": ${fault}`);
  }
  return decoded.data.skills;
}

// `\ud800` alone is JSON and no text: it could not be written again.
function canBeWritten(value: unknown): boolean {
  try {
    canonicalJson(value);
    return true;
  } catch {
    return false;
  }
}

// Threat: an entry that says "nobody signed this" for a skill that wants to run, or the other way round.
function profileFault({ profile, key, sig, wasm, world, runtime, id, name }: LockEntry): string | null {
  if (!id.endsWith(`/${name}`)) return "its name is not that of its id";
  if (profile === "secure") {
    return key === null || sig === null ? "a signed skill needs key and sig" : null;
  }
  const nothing = key === null && sig === null && wasm === null && world === null && runtime === "none";
  return nothing && id === `local/${name}` ? null : "an unsigned skill has no key, sig, component or runtime";
}

/**
 * Writes a lock: two-space indent, sorted keys, sorted by name.
 *
 * @param entries One a name.
 * @returns The bytes.
 */
export function formatLock(entries: readonly LockEntry[]): Uint8Array {
  const skills = entries.toSorted((a, b) => a.name < b.name ? -1 : 1);
  const sorted: unknown = JSON.parse(canonicalJson({ skills, v: 1 }));
  return new TextEncoder().encode(`${JSON.stringify(sorted, null, 2)}\n`);
}

/**
 * Gives the pin of a skill.
 *
 * @param lock The lock.
 * @param name Its name.
 * @returns The entry.
 * @throws {SkillsError} `LOCK_MISSING`.
 */
export function lockedEntry(lock: Lock, name: string): LockEntry {
  const entry = lock?.find((one) => one.name === name);
  if (entry !== undefined) return entry;
  const why = lock === null ? "there is no .agentzero/skills.lock" : "it does not stand in .agentzero/skills.lock";
  throw new SkillsError("LOCK_MISSING", `Cannot use skill "${name.slice(0, 80)}": ${why}`, {
    hint: "see what there is with agentzero skill list; install it with agentzero skill install SOURCE",
  });
}

function invalid(why: string): SkillsError {
  // What is quoted comes from the file: a key may be as long as the file itself.
  return new SkillsError("LOCK_INVALID", `Cannot read .agentzero/skills.lock: ${why.slice(0, 400).toWellFormed()}`, {
    hint: "take it from version control, or delete it and install the skills again",
  });
}
