import { showWord } from "../policy/mod.ts";
import { type SigningKey, signMinisign } from "./minisign.ts";
import type { PackageContent } from "./package-content.ts";
import { formatTrustedComment } from "./trusted-comment.ts";

/** Gives the comment that a signature over a package must carry. */
export function commentFor({ digest, manifest }: PackageContent): string {
  const { id, version, seq, perm } = manifest;
  return formatTrustedComment({ id, version, seq, b2: digest, perm });
}

/**
 * Signs a package that was checked.
 *
 * @param archive The very bytes that `content` was read from.
 * @param content What they say.
 * @param key The key.
 * @returns The text of `FILE.minisig`.
 */
export function signPackage(archive: Uint8Array, content: PackageContent, key: SigningKey): string {
  return signMinisign(archive, key, commentFor(content));
}

/**
 * Writes the command that signs a package with a key kept elsewhere.
 *
 * @param content What the package says.
 * @param file Name of the package, as it stands on the command line.
 * @returns A line for a POSIX shell.
 */
export function minisignCommand(content: PackageContent, file: string): string {
  const [signature, comment, archive] = [`${file}.minisig`, commentFor(content), file].map(showWord);
  return `minisign -S -H -s KEYFILE -x ${signature} -t ${comment} -m ${archive}`;
}
