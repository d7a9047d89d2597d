import type { Digest, SkillPermissions } from "../core/mod.ts";

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
