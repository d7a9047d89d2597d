import type { Digest, SkillPermissions } from "../core/mod.ts";

/** How a `SKILL.md` is read: what a stranger wrote, or what a signature stands behind. */
export type SkillProfile = "compat" | "secure";

/** What runs a skill. `host-readonly` is for the built-in skills alone. */
export type SkillRuntime = "none" | "wasm-sandbox" | "host-supervised" | "mvm-microvm" | "host-readonly";

/** A permission that an author can give a reason for: the part of `az.perm.X` behind the prefix. */
export type PermissionKey = "fs.read" | "fs.write" | "net" | "secret" | "exec";

/** What only a signed skill has: the keys under `metadata`. */
export interface SecureHeader {
  /** `NAMESPACE/NAME`. */
  readonly id: string;
  /** The part of the id before the slash. */
  readonly namespace: string;
  /** `MAJOR.MINOR.PATCH[-pre]`. */
  readonly version: string;
  /** What runs it. */
  readonly runtime: SkillRuntime;
  /** WIT world and WASI packages as they stand in the permissions, or `null`. */
  readonly world: string | null;
  /** Path of the one component, or `null`. */
  readonly wasm: string | null;
  /** Path of the entry script of a `host-supervised` skill, or `null`. */
  readonly entry: string | null;
  /** What it asks for, compiled. */
  readonly permissions: SkillPermissions;
  /** Digest of the permissions. */
  readonly perm: Digest;
  /** What the author says a permission is for. A claim, never a fact. */
  readonly reasons: Readonly<Partial<Record<PermissionKey, string>>>;
}

/** A `SKILL.md` that was read. Every text in it is untrusted. */
export interface SkillMd {
  /** How it was read. */
  readonly profile: SkillProfile;
  /** Its name. */
  readonly name: string;
  /** What it does and when to use it. */
  readonly description: string;
  /** Short, or `null`. */
  readonly license: string | null;
  /** What it needs, or `null`. */
  readonly compatibility: string | null;
  /** A ceiling on the tools offered while it is in use, never an approval; `null` for no ceiling. */
  readonly allowedTools: readonly string[] | null;
  /** Flat pairs under `metadata`; without `az.*` keys in the compat profile. Has no prototype. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The Markdown after the header. */
  readonly body: string;
  /** Keys of the header that the compat profile did not use, in order, e.g. `hooks` or `metadata.az.perm.net`. */
  readonly ignored: readonly string[];
  /** Number of invisible characters that the compat profile removed. */
  readonly invisible: number;
  /** The secure keys; `null` in the compat profile. */
  readonly secure: SecureHeader | null;
}
