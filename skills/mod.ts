/**
 * Skills: reads `SKILL.md`, packs and verifies packages, compiles and compares permissions.
 *
 * @example
 * ```ts
 * import { claimPackage, readSkillMd, verifySignedPackage } from "../skills/mod.ts";
 *
 * readSkillMd(bytes, { profile: "compat" }).ignored; // keys that a foreign skill brought and nobody uses
 * verifySignedPackage(claimPackage(archive, signature), key).digest; // "b2:…"
 * ```
 * @module
 */
export { PACKAGE_LIMITS, type PackageLimits } from "./archive-limits.ts";
export { type CheckedFiles, checkSkillFiles, INPUT_SCHEMA_PATH } from "./check-skill-files.ts";
export * from "./compare-permissions.ts";
export type { ComponentFacts, InspectComponent } from "./component-imports.ts";
export { builtinSkills, loadBuiltin } from "./builtin.ts";
export { BUILTIN_PINS, type BuiltinPin } from "./builtin-pins.ts";
export * from "./errors.ts";
export { type FindingPlace, Findings, type SkillFinding } from "./finding.ts";
export { MAX_SKILL_MD_BYTES, SKILL_MD } from "./front-matter.ts";
export { globsCover } from "./glob-cover.ts";
export { compileInputSchema, type InputSchema, parseInputSchema } from "./input-schema.ts";
export * from "./manifest.ts";
export { merkleRoot } from "./merkle.ts";
export * from "./minisign.ts";
export {
  BUILTIN_SKILL_NAMES,
  BUILTIN_TOOL_NAMES,
  defaultSeq,
  isNamespace,
  isSkillName,
  isSkillVersion,
  parseSkillId,
} from "./names.ts";
export * from "./open-package.ts";
export { packArchive } from "./pack-archive.ts";
export * from "./pack-folder.ts";
export * from "./package-content.ts";
export { isPackagePath, packagePathFault } from "./package-path.ts";
export { parseManifest, PERMISSIONS_SHAPE } from "./parse-manifest.ts";
export type { NetAtom, SecretAtom } from "./permission-atoms.ts";
export { type LimitRange, limitRange } from "./permission-limits.ts";
export * from "./permission-lines.ts";
export type { PermissionField, PermissionSource } from "./permission-source.ts";
export {
  compilePermissions,
  EMPTY_PERMISSIONS,
  permDigest,
  type PermissionProblem,
  tryCompile,
} from "./permissions.ts";
export { type CheckedSkillMd, checkSkillMd, readSkillMd, type ReadSkillMdOptions } from "./read-skill-md.ts";
export * from "./secret-key.ts";
export * from "./sign-package.ts";
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
export { checkArchive, unpackArchive } from "./unpack-archive.ts";
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
  type StatedSigner,
  type Statement,
} from "./trust/publishers.ts";
export {
  parseRevocable,
  readRevocations,
  type RevocableUse,
  type Revocation,
  revocationOf,
  type Revocations,
  revoke,
} from "./trust/revoked.ts";
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
export { formatLock, type Lock, lockedEntry, type LockEntry, lockPath, readLock } from "./lock.ts";
export type { SourceAnswer, SourceIdentity, SourceNet, SourceRequest } from "./sources/net.ts";
export { type Pushed, pushSkill } from "./sources/oci-push.ts";
export { pullSkill, type SourceBytes } from "./sources/oci-pull.ts";
export { type OciReference, parseOciReference, parseSource, type SourceReference } from "./sources/reference.ts";
export { type SourcePackage, type VerifiedPackage, verifySource } from "./install/verify-source.ts";
export { readRegular, type RegularFile } from "./read-regular.ts";
export { checkStatement, parseStatement } from "./trust/statement.ts";
export { openSkills } from "./open-skills.ts";
export type { DisabledBy } from "./generated/active.ts";
export { generatedAsSkills } from "./generated/as-skills.ts";
export { MAX_VERSIONS, type PlannedVersion } from "./generated/register-version.ts";
export {
  type CheckedDefinition,
  TOOL_BOUNDS,
  type ToolDefinition,
  type ToolExample,
  type ToolLanguage,
  type ToolMock,
  type ToolPermissionKey,
} from "./generated/definition.ts";
export { examplesJson, type ToolEntryRecord, type ToolOrigin } from "./generated/entry.ts";
export { readForeignTool } from "./generated/foreign.ts";
export type { GeneratedPlace } from "./generated/place.ts";
export { permissionStrings } from "./generated/permission-strings.ts";
export { DEFINITION_SCHEMA, readDefinition } from "./generated/read-definition.ts";
export {
  type GeneratedListing,
  type GeneratedOptions,
  type GeneratedTools,
  openGenerated,
} from "./generated/registry.ts";
export { declaredInterfaces, skillText, sourceFile } from "./generated/skill-text.ts";
export { sameJson, stableJson } from "./generated/stable-json.ts";
export { checkToolName } from "./generated/tool-name.ts";
export { definitionOf, type ToolVersion } from "./generated/tool-version.ts";
export { commitInstall, type InstallConsent, removeInstalled } from "./install/commit-install.ts";
export { type Answerable, answerByDigests, type NamedDigests } from "./install/answer-by-digests.ts";
export type { AskReason, InstallQuestion } from "./install/install-question.ts";
export { type InstallPlan, planInstall, type PlanOptions } from "./install/plan-install.ts";
export type { ContentChange } from "./install/same-content.ts";
export { type LocalSource, readLocalSource, type SourceBundle } from "./sources/local.ts";
export { readSignatureFile, type SignatureFile } from "./sources/signature-file.ts";
export { type BlobSize, openStore, type SkillStore } from "./store.ts";
