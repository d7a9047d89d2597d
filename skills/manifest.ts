import { b2, canonicalJson, type Digest, type SkillPermissions } from "../core/mod.ts";
import { merkleRoot } from "./merkle.ts";
import type { SecureHeader } from "./skill-md.ts";
import type { PackageFile } from "./stages.ts";

/** The name of the manifest inside a package. */
export const MANIFEST_PATH = "azs-manifest.json";

/** One file of a package, as the manifest lists it. */
export interface ManifestFile {
  /** BLAKE2b-256 of the content. */
  readonly b2: Digest;
  /** `true` only for the entry script. */
  readonly exec: boolean;
  /** Path inside the package. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** `azs-manifest.json`: wholly derived from the folder. */
export interface Manifest {
  /** Every file but the manifest, sorted bytewise. */
  readonly files: readonly ManifestFile[];
  /** `NAMESPACE/NAME`. */
  readonly id: string;
  /** Digest of the permissions. */
  readonly perm: Digest;
  /** What `SKILL.md` compiles to. */
  readonly permissions: SkillPermissions;
  /** Digest of the package of the last release, or `null`. */
  readonly previous: Digest | null;
  /** Merkle root over `files`. */
  readonly root: Digest;
  /** Grows with every release. */
  readonly seq: number;
  /** Version of this form. */
  readonly v: 1;
  /** Version of the skill. */
  readonly version: string;
  /** Digest of the component, or `null`. */
  readonly wasm: Digest | null;
}

/** What a manifest says that does not follow from the files. */
export interface Release {
  /** Number of the release, an integer >= 0. */
  readonly seq: number;
  /** Digest of the package of the last release, or `null`. */
  readonly previous: Digest | null;
}

/**
 * Makes the manifest of a skill.
 *
 * @param files Every file but the manifest, sorted bytewise.
 * @param header The secure keys of its `SKILL.md`.
 * @param release What does not follow from the files.
 * @returns The manifest.
 */
export function buildManifest(files: readonly PackageFile[], header: SecureHeader, release: Release): Manifest {
  const listed = files.map(({ path, bytes, exec }): ManifestFile => ({
    b2: b2(bytes),
    exec,
    path,
    size: bytes.length,
  }));
  return {
    files: listed,
    id: header.id,
    perm: header.perm,
    permissions: header.permissions,
    previous: release.previous,
    root: merkleRoot(listed),
    seq: release.seq,
    v: 1,
    version: header.version,
    wasm: listed.find(({ path }) => path === header.wasm)?.b2 ?? null,
  };
}

/**
 * Writes a manifest: canonical JSON and a line feed.
 *
 * @param manifest The manifest.
 * @returns Its bytes.
 */
export function formatManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${canonicalJson(manifest)}\n`);
}
