import { writeFileSync } from "node:fs";
import { join } from "node:path";
import sodium from "libsodium-wrappers-sumo";
import { b2 } from "../../../core/mod.ts";
import { formatPublicKey, publicSigningKey, type SigningKey, signMinisign } from "../../../skills/minisign.ts";
import { readContent } from "../../../skills/package-content.ts";
import type { PackageFile } from "../../../skills/stages.ts";
import { formatTrustedComment } from "../../../skills/trusted-comment.ts";
import { packSkill, skillMd, textFile } from "../sample-skill.ts";

/** Somebody who signs skills. */
export interface Signer {
  readonly key: SigningKey;
  /** The text of the `.pub` file. */
  readonly pub: string;
  /** Signs a package as it says of itself, or with another comment. */
  sign(archive: Uint8Array, comment?: string): Uint8Array;
}

/** Makes a signer; libsodium must be loaded. */
export function makeSigner(id = 1): Signer {
  const pair = sodium.crypto_sign_keypair();
  const key = { public: publicSigningKey(new Uint8Array(8).fill(id), pair.publicKey), secret: pair.privateKey };
  return {
    key,
    pub: formatPublicKey(key.public),
    sign: (archive, comment) => new TextEncoder().encode(signMinisign(archive, key, comment ?? commentOf(archive))),
  };
}

/** The comment that belongs to a package. */
export function commentOf(archive: Uint8Array): string {
  const { manifest, digest } = readContent(archive);
  const { id, version, seq, perm } = manifest;
  return formatTrustedComment({ id, version, seq, b2: digest, perm });
}

/** A release of a skill: text, permissions and files as named. */
export function release(
  version: string,
  given: {
    readonly keys?: Readonly<Record<string, string | null>>;
    readonly files?: Readonly<Record<string, string | Uint8Array>>;
    readonly name?: string;
    readonly seq?: number;
  } = {},
): Uint8Array {
  const name = given.name ?? "pdf-report";
  const keys = { version, "az.id": `example-org/${name}`, ...given.keys };
  const files: PackageFile[] = [textFile("SKILL.md", skillMd(keys, { name }))];
  for (const [path, content] of Object.entries(given.files ?? {})) {
    const text = typeof content === "string" ? textFile(path, content) : { path, bytes: content, exec: false };
    files.push({ ...text, exec: given.keys?.["az.perm.exec"]?.startsWith(`skill:${path}`) ?? false });
  }
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return packSkill(files, { seq: given.seq ?? major * 1_000_000 + minor * 1_000 + patch });
}

/** Writes package and signature into a folder; gives the path of the package. */
export function writePackage(dir: string, archive: Uint8Array, minisig: Uint8Array | null): string {
  return writePackageAs(join(dir, "x.azs"), archive, minisig);
}

/** Writes package and signature to a path; gives the path of the package. */
export function writePackageAs(file: string, archive: Uint8Array, minisig: Uint8Array | null): string {
  writeFileSync(file, archive);
  if (minisig !== null) writeFileSync(`${file}.minisig`, minisig);
  return file;
}

/** Permissions of a script that runs on the host, so that they cover every kind but network. */
export const SCRIPT_KEYS: Readonly<Record<string, string>> = {
  "az.runtime": "host-supervised",
  "az.perm.exec": "skill:run.sh tool:sh",
  "az.perm.fs.read": "workspace:data/**",
};

/** Digest of bytes, for short. */
export function digestOfBytes(bytes: Uint8Array): string {
  return b2(bytes);
}
