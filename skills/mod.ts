/**
 * Skills: reads `SKILL.md`, packs and verifies packages, compiles and compares permissions.
 *
 * Coming next, with these signatures:
 *
 * - `readSkillMd(source, { profile, folder? }): SkillMd` and `checkSkillMd(source, options): { md, findings }`
 * - `compilePermissions(source: PermissionSource): SkillPermissions`, `permDigest(permissions): Digest`,
 *   `EMPTY_PERMISSIONS`, `comparePermissions(before, after): PermissionChange`
 * - `packArchive(files): Uint8Array`, `unpackArchive(bytes): readonly PackageFile[]`
 * - `packFolder(dir, { seq, previous }): Promise<PackedFolder>`, `checkFolder(dir)`, `checkFile(bytes)`: all findings
 * - `claimPackage(bytes, sigBytes): Claimed`, `verifySignedPackage(claimed, keys): SignedPackage`,
 *   `trustedPackage(signed, namespace): TrustedPackage` (only the trust store calls it),
 *   `openPackage(trusted, { inspectComponent }): Promise<OpenedPackage>`
 * - `fingerprintOf(…): Digest`, `runFingerprintOf(…): Digest`, `merkleRoot(files): Digest`
 * - `parsePublicKey(text)`, `formatPublicKey(key, comment)`, `parseSignature(bytes)`, `signMinisign(…)`
 * - `compileInputSchema(value): InputSchema`, `InputSchema.check(value): string | null`
 *
 * @example
 * ```ts
 * import { SkillsError } from "../skills/mod.ts";
 * ```
 * @module
 */
export * from "./errors.ts";
export { type FindingPlace, Findings, type SkillFinding } from "./finding.ts";
export * from "./manifest.ts";
export * from "./minisign.ts";
export * from "./skill-md.ts";
export type {
  Claimed,
  GrantedSkill,
  OpenedPackage,
  PackageFile,
  SignedPackage,
  Stage,
  TrustedPackage,
} from "./stages.ts";
export * from "./trusted-comment.ts";
export { checkPackageGrants, type TrustFileName, type TrustPlace } from "./trust/place.ts";
export {
  checkNamespace,
  keepStatement,
  keyDigest,
  keyIdOf,
  pinKey,
  type PinnedKey,
  type Publisher,
  readPublishers,
  RESERVED_NAMESPACE,
  type StatedSigner,
  type Statement,
} from "./trust/publishers.ts";
export { parseRevocable, readRevocations, type Revocation, revoke } from "./trust/revoked.ts";
export { type Evidence, raiseEpoch, readEpoch, readSeen, type Seen, type SeenRelease } from "./trust/seen.ts";
export type {
  LoadedSkill,
  OtherSkill,
  SkillLibrary,
  SkillListing,
  SkillPlace,
  SkillsOptions,
  SkillState,
  SkillSummary,
} from "./library.ts";
export { formatLock, type Lock, type LockEntry, lockPath, readLock } from "./lock.ts";
export type { SourceAnswer, SourceNet, SourceRequest } from "./sources/net.ts";
export { type Pushed, pushSkill } from "./sources/oci-push.ts";
export { pullSkill, type SourceBytes } from "./sources/oci-pull.ts";
export { type OciReference, parseOciReference, parseSource, type SourceReference } from "./sources/reference.ts";
export { readRegular, type RegularFile } from "./read-regular.ts";
export { checkStatement, parseStatement } from "./trust/statement.ts";
