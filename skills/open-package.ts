import { b2 } from "../core/mod.ts";
import { PACKAGE_LIMITS } from "./archive-limits.ts";
import { checkSkillComponent } from "./check-skill-files.ts";
import type { InspectComponent } from "./component-imports.ts";
import { findingError, SkillsError } from "./errors.ts";
import { keyIdText, parseSignature, type PublicSigningKey, verifyMinisign } from "./minisign.ts";
import { readContent } from "./package-content.ts";
import { type Claimed, type OpenedPackage, type SignedPackage, Stage, type TrustedPackage } from "./stages.ts";
import { parseTrustedComment, type TrustedComment } from "./trusted-comment.ts";

/**
 * Steps 1 and 2: size, form and algorithm of the signature.
 *
 * @param bytes The archive, untrusted.
 * @param sigBytes The text of `FILE.minisig`, untrusted.
 * @returns The claim.
 * @throws {SkillsError} `SIZE_LIMIT`, `SIG_MALFORMED`, `SIG_ALG`.
 */
export function claimPackage(bytes: Uint8Array, sigBytes: Uint8Array): Claimed {
  if (bytes.length > PACKAGE_LIMITS.archiveBytes) {
    throw new SkillsError("SIZE_LIMIT", `Cannot open package: it has ${bytes.length} bytes`, {
      hint: `at most ${PACKAGE_LIMITS.archiveBytes}`,
    });
  }
  return { stage: new Stage("claimed"), bytes, sigBytes, signature: parseSignature(sigBytes) };
}

/**
 * Step 3: both signatures, by one whole key. The caller looked the key up by the id that the signature names.
 *
 * @param claimed The claim.
 * @param key The whole key.
 * @returns What is signed, and by whom.
 * @throws {SkillsError} `SIG_INVALID`; `KEY_UNTRUSTED` when the signature names another key.
 */
export function verifySignedPackage(claimed: Claimed, key: PublicSigningKey): SignedPackage {
  const { bytes, sigBytes, signature } = claimed;
  if (Buffer.compare(signature.keyId, key.id) !== 0) {
    throw new SkillsError(
      "KEY_UNTRUSTED",
      `Cannot trust signature: it names the key ${keyIdText(signature.keyId)}, not ${keyIdText(key.id)}`,
      { hint: "get the publisher's key from a place you trust" },
    );
  }
  if (!verifyMinisign(bytes, signature, key)) {
    throw new SkillsError("SIG_INVALID", "Cannot trust signature: it does not hold for this file and comment", {
      hint: "fetch file and signature again; if it stays, somebody changed one of them",
    });
  }
  return {
    stage: new Stage("signed"),
    bytes,
    sigBytes,
    digest: b2(bytes),
    key,
    comment: parseTrustedComment(signature.trustedComment),
  };
}

/**
 * Steps 4 and 5 passed: only the trust store says so, after it looked the key up for the namespace, and the revocations.
 *
 * @param signed What is signed.
 * @param namespace What the key is pinned for.
 * @returns What is trusted.
 */
export function trustPackage(signed: SignedPackage, namespace: string): TrustedPackage {
  return { stage: new Stage("trusted"), signed, namespace };
}

/**
 * Steps 6 to 9: comment, canonical unpacking, manifest, text, permissions, forbidden content, component.
 *
 * @param trusted What is trusted.
 * @param inspect How to look into a component.
 * @returns The content.
 * @throws {SkillsError} `SIG_COMMENT`, `ID_MISMATCH`, and the codes of archive, manifest and content.
 */
export async function openPackage(trusted: TrustedPackage, inspect: InspectComponent): Promise<OpenedPackage> {
  const opened = reopenPackage(trusted);
  const [first] = await checkSkillComponent(opened.files, opened.md, inspect);
  if (first !== undefined) throw findingError(first, "Cannot open package");
  return opened;
}

/**
 * As {@link openPackage}, for what was opened whole before, at its installation: the component, the same bytes still,
 * is not looked into again.
 *
 * @param trusted What is trusted.
 * @returns The content.
 * @throws {SkillsError} As {@link openPackage}, but for `WASM_IMPORTS` and `WASM_WORLD`.
 */
export function reopenPackage(trusted: TrustedPackage): OpenedPackage {
  const { signed } = trusted;
  const comment = checkComment(signed);
  const { files, manifest, md, header, component, textDigest, fingerprint } = readContent(signed.bytes, signed.digest);
  for (
    const [name, said, real] of [
      ["id", comment.id, header.id],
      ["v", comment.version, header.version],
      ["seq", String(comment.seq), String(manifest.seq)],
    ] as const
  ) {
    if (said !== real) {
      // Threat: a genuine signature that is passed off for another name or release.
      throw new SkillsError("ID_MISMATCH", `Cannot open package: it was signed as ${name}=${said} and is ${real}`, {
        hint: "ask its publisher for a signature over this release",
      });
    }
  }
  if (comment.perm !== header.perm) throw wrongComment("it was signed with other permissions than it asks for");
  return {
    stage: new Stage("opened"),
    trusted,
    files,
    manifest,
    md,
    component,
    textDigest,
    fingerprint,
  };
}

function checkComment({ comment, digest }: SignedPackage): TrustedComment {
  if (comment === null) throw wrongComment("it has another form than azs1 id= v= seq= b2= perm=");
  if (comment.b2 !== digest) throw wrongComment("its b2 is not the digest of this package");
  return comment;
}

function wrongComment(seen: string): SkillsError {
  return new SkillsError("SIG_COMMENT", `Cannot use the signed comment: ${seen}`, {
    hint: "sign packages with `agentzero skill sign`, or with the command of `skill sign --external`",
  });
}
