import { b2, digestOf } from "../core/mod.ts";
import { SkillsError } from "./errors.ts";
import { emptyPerm } from "./folder-skill.ts";
import type { LockEntry } from "./lock.ts";
import { merkleRoot } from "./merkle.ts";
import { EMPTY_PERMISSIONS } from "./permissions.ts";
import type { OpenedPackage, PackageFile } from "./stages.ts";

/**
 * Describes a signed package as its pin does.
 *
 * @param opened The package.
 * @param source Where it came from.
 * @returns The pin.
 */
export function describeSigned(opened: OpenedPackage, source: string): LockEntry {
  const { manifest, md, trusted: { signed }, textDigest, fingerprint } = opened;
  if (md.secure === null) throw new SkillsError("FRONTMATTER", "Cannot pin the skill: it has no secure keys");
  return {
    fingerprint,
    id: manifest.id,
    key: signed.key.text,
    name: md.name,
    package: signed.digest,
    perm: manifest.perm,
    permissions: manifest.permissions,
    profile: "secure",
    root: manifest.root,
    runtime: md.secure.runtime,
    seq: manifest.seq,
    sig: b2(signed.sigBytes),
    size: signed.bytes.length,
    source,
    text: textDigest,
    version: manifest.version,
    wasm: manifest.wasm,
    world: md.secure.world,
  };
}

/**
 * Describes an unsigned folder as its pin does.
 *
 * @param folder Its name, its canonical archive and the files in it.
 * @returns The pin.
 */
export function describeCompat(
  folder: {
    readonly name: string;
    readonly archive: Uint8Array;
    readonly files: readonly PackageFile[];
    readonly source: string;
  },
): LockEntry {
  const { name, archive, files, source } = folder;
  const text = files.find(({ path }) => path === "SKILL.md");
  if (text === undefined) throw new SkillsError("FRONTMATTER", `Cannot pin "${name}": it has no SKILL.md`);
  const root = merkleRoot(
    files.map(({ path, bytes, exec }) => ({ path, exec, size: bytes.length, b2: b2(bytes) })),
  );
  const perm = emptyPerm();
  const digest = b2(archive);
  return {
    fingerprint: digestOf({ v: 1, package: digest, perm, root, runtime: "none", world: null, wasm: null }),
    id: `local/${name}`,
    key: null,
    name,
    package: digest,
    perm,
    permissions: EMPTY_PERMISSIONS,
    profile: "compat",
    root,
    runtime: "none",
    seq: 0,
    sig: null,
    size: archive.length,
    source,
    text: b2(text.bytes),
    version: "0.0.0",
    wasm: null,
    world: null,
  };
}
