import type { Digest, SkillActor, SkillPermissions } from "../core/mod.ts";
import type { Manifest } from "./manifest.ts";
import type { MinisignSignature, PublicSigningKey } from "./minisign.ts";
import type { SkillMd, SkillRuntime } from "./skill-md.ts";
import type { TrustedComment } from "./trusted-comment.ts";

/**
 * Marks how far a package has come. Only this folder can make one, so that no step can be left out.
 */
export class Stage<Name extends string> {
  readonly #name: Name;

  /** Makes the mark; not exported as a value from the folder. */
  constructor(name: Name) {
    this.#name = name;
  }

  /** Which step was passed. */
  get name(): Name {
    return this.#name;
  }
}

/** Bytes that somebody calls a package: sizes and the form of the signature were checked, nothing else. */
export interface Claimed {
  /** The mark of this step. */
  readonly stage: Stage<"claimed">;
  /** The archive. */
  readonly bytes: Uint8Array;
  /** The text of `FILE.minisig`. */
  readonly sigBytes: Uint8Array;
  /** The signature, parsed. */
  readonly signature: MinisignSignature;
}

/** A package whose signature holds for one whole key. Says who vouches for it, not that they are trusted. */
export interface SignedPackage {
  /** The mark of this step. */
  readonly stage: Stage<"signed">;
  /** The archive, exactly the bytes that were signed. */
  readonly bytes: Uint8Array;
  /** The text of `FILE.minisig`. */
  readonly sigBytes: Uint8Array;
  /** BLAKE2b-256 of the archive. */
  readonly digest: Digest;
  /** The key that signed. */
  readonly key: PublicSigningKey;
  /** What the signed comment says, or `null` where it does not follow the grammar (refused when it is opened). */
  readonly comment: TrustedComment | null;
}

/** A signed package whose key is pinned for its namespace, not revoked and not expired. */
export interface TrustedPackage {
  /** The mark of this step. */
  readonly stage: Stage<"trusted">;
  /** What was trusted. */
  readonly signed: SignedPackage;
  /** The namespace that the key is pinned for. */
  readonly namespace: string;
}

/** One file of a package. `bytes` is a slice of the verified archive: nobody may write to it. */
export interface PackageFile {
  /** Path inside the package, `/` between its parts. */
  readonly path: string;
  /** The content. */
  readonly bytes: Uint8Array;
  /** `true` for the entry script. */
  readonly exec: boolean;
}

/** The content of a trusted package after every check of form, manifest and text. */
export interface OpenedPackage {
  /** The mark of this step. */
  readonly stage: Stage<"opened">;
  /** Where it came from. */
  readonly trusted: TrustedPackage;
  /** All files but the manifest, sorted bytewise. */
  readonly files: readonly PackageFile[];
  /** The manifest. */
  readonly manifest: Manifest;
  /** `SKILL.md`, secure profile. */
  readonly md: SkillMd;
  /** The component, or `null`. */
  readonly component: { readonly digest: Digest; readonly bytes: Uint8Array } | null;
  /** Digest of `SKILL.md`. */
  readonly textDigest: Digest;
  /** What it will do: equal for everybody. */
  readonly fingerprint: Digest;
}

/** A skill that may be loaded and run: what was signed, what the person granted, and the bytes, all checked just now. */
export interface GrantedSkill {
  /** The mark of this step. */
  readonly stage: Stage<"granted">;
  /** Its name. */
  readonly name: string;
  /** `SKILL.md`. */
  readonly md: SkillMd;
  /** On whose behalf its actions are proposed. */
  readonly actor: SkillActor;
  /** What was granted: the declared atoms without those that were struck off. */
  readonly permissions: SkillPermissions;
  /** Digest of the granted permissions. */
  readonly perm: Digest;
  /** What it will do: equal for everybody; for compat folders the digest of the text. */
  readonly fingerprint: Digest;
  /** What runs it. */
  readonly runtime: SkillRuntime;
  /** Path of the entry script, or `null`. */
  readonly entry: string | null;
  /** The content of one file of the skill, or `null`. */
  readonly file: (path: string) => Uint8Array | null;
  /** Every file but the manifest. */
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** The component, or `null`. */
  readonly component: { readonly digest: Digest; readonly bytes: Uint8Array } | null;
  /** The body of `SKILL.md`. */
  readonly text: string;
  /** Digest of `SKILL.md`. */
  readonly textDigest: Digest;
}
