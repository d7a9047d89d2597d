import { AgentZeroError, type ErrorDetails } from "../core/mod.ts";
import type { SkillFinding } from "./finding.ts";

/** Reason codes of skills by group; stable, part of the JSON contract. */
export const SKILL_CODES = {
  signature: ["SIG_MISSING", "SIG_MALFORMED", "SIG_ALG", "SIG_INVALID", "SIG_COMMENT"],
  publisher: ["KEY_UNTRUSTED", "KEY_CHANGED", "NAMESPACE_KEY", "ID_MISMATCH", "REVOKED", "EXPIRED", "ROTATION"],
  archive: [
    "ARCHIVE",
    "SIZE_LIMIT",
    "PATH_UNSAFE",
    "PATH_COLLISION",
    "ENTRY_TYPE",
    "ENTRY_DUP",
    "NOT_CANONICAL",
  ],
  manifest: ["MANIFEST_MISSING", "MANIFEST_SYNTAX", "MANIFEST_TEXT", "MANIFEST_FILES", "MANIFEST_MISMATCH"],
  content: [
    "FRONTMATTER",
    "TEXT_INVISIBLE",
    "NAME",
    "SPEC_UNKNOWN",
    "PERM_INVALID",
    "NATIVE_BINARY",
    "INSTALL_SCRIPT",
    "WASM_EXTRA",
    "WASM_IMPORTS",
    "WASM_WORLD",
  ],
  local: [
    "LOCK_MISSING",
    "LOCK_INVALID",
    "CAS_DIGEST",
    "CAS_TYPE",
    "TRUST_TAMPERED",
    "TRUST_LOCKED",
    "ROLLBACK",
    "EQUIVOCATION",
  ],
  source: [
    "SOURCE_UNPINNED",
    "SOURCE_TRANSPORT",
    "DIGEST",
    "INTEGRITY",
    "REDIRECT",
    "TAG_MOVED",
    "ARTIFACT_LAYOUT",
    "INDEX_ROLLBACK",
    "NAME_CONFUSABLE",
  ],
  ask: [
    "PERM_WIDENED",
    "CONTENT_CHANGED",
    "SHADOW",
    "PROJECT_UNTRUSTED",
    "NOT_EXECUTABLE",
    "FS_DENIED",
    "NET_DENIED",
    "SECRET_EGRESS",
    "EXEC_DENIED",
    "APPROVAL_NOBODY",
    "APPROVAL_REFUSED",
  ],
  generated: [
    "TOOL_NAME",
    "TOOL_SCHEMA",
    "TOOL_COMPILE",
    "TOOL_EXAMPLE",
    "TOOL_ATTEMPTS",
    "TOOL_DISABLED",
    "TOOL_FOREIGN",
  ],
  /** What is no judgement on a skill: a file that is not there, a disk that is full, an argument. */
  plain: ["ARGS_INVALID", "NOT_FOUND", "READ_FAILED", "WRITE_FAILED", "KEY_EXISTS", "KEY_INVALID", "BUSY"],
  /** What the engine says of a component. */
  engine: ["WASM_FORMAT", "WASM_LIMITS"],
} as const;

/** Codes of failures inside `skills`. */
export type SkillsErrorCode = (typeof SKILL_CODES)[keyof typeof SKILL_CODES][number];

/** A failure inside `skills`. */
export class SkillsError extends AgentZeroError<SkillsErrorCode> {
  /** The file inside the skill that it is about, or `null`. */
  readonly path: string | null;
  /** The line in that file, from 1, or `null`. */
  readonly line: number | null;

  /** Makes a failure; `details` also says where. */
  constructor(code: SkillsErrorCode, message: string, details: SkillsErrorDetails = {}) {
    super(code, message, details);
    this.path = details.path ?? null;
    this.line = details.line ?? null;
  }
}

/** What a failure carries besides its message. */
export interface SkillsErrorDetails extends ErrorDetails {
  /** The file inside the skill. */
  readonly path?: string | null | undefined;
  /** The line in it, from 1. */
  readonly line?: number | null | undefined;
}

/**
 * Makes a failure of a finding.
 *
 * @param finding What was found.
 * @param what What could not be done, e.g. `Cannot read skill`.
 * @returns The failure, with the place of the finding.
 */
export function findingError(finding: SkillFinding, what: string): SkillsError {
  const { code, path, line, message, hint } = finding;
  const place = path === null ? "" : ` "${path}"${line === null ? "" : ` line ${line}`}`;
  return new SkillsError(code, `${what}${place}: ${message}`, { hint: hint ?? undefined, path, line });
}
