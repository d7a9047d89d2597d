/** Tools that every session has; a skill of such a name would stand in for one of them. */
export const BUILTIN_TOOL_NAMES: readonly string[] = [
  "read",
  "list",
  "search",
  "write",
  "edit",
  "shell",
  "fetch",
  "generate_tool",
  "use_skill",
];

/** Skills that are shipped with the program. */
export const BUILTIN_SKILL_NAMES: readonly string[] = ["repo-security-audit", "license-check", "dependency-audit"];

/** The namespace of what is shipped with the program; no key can be pinned for it. */
export const RESERVED_NAMESPACE = "agentzero";

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const VERSION =
  /^(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?$/;
const MAX_VERSION_LENGTH = 64;

/** Tells whether a text can name a skill: 1-64 of `a-z 0-9 -`, without a leading, trailing or double `-`. */
export function isSkillName(text: string): boolean {
  return text.length <= 64 && NAME.test(text);
}

/** Tells whether a text can be a namespace: as a name, but 1-40 characters. */
export function isNamespace(text: string): boolean {
  return text.length <= 40 && NAME.test(text);
}

/** Tells whether a text is a version `MAJOR.MINOR.PATCH[-pre]` without build metadata. */
export function isSkillVersion(text: string): boolean {
  return text.length <= MAX_VERSION_LENGTH && VERSION.test(text);
}

/**
 * Takes an id `NAMESPACE/NAME` apart.
 *
 * @param id Any text.
 * @returns Its parts, or `null` when it is no id.
 */
export function parseSkillId(id: string): { readonly namespace: string; readonly name: string } | null {
  const cut = id.indexOf("/");
  const namespace = id.slice(0, Math.max(cut, 0));
  const name = id.slice(cut + 1);
  return cut > 0 && isNamespace(namespace) && isSkillName(name) ? { namespace, name } : null;
}

/**
 * Counts the number of a release from its version: `MAJOR*10^6 + MINOR*10^3 + PATCH`.
 *
 * @param version A version.
 * @returns The number, or `null` for a pre-release and for parts of 1,000 or more: then it must be given.
 */
export function defaultSeq(version: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(version);
  if (parts === null) return null;
  const [, major = "", minor = "", patch = ""] = parts;
  return Number(major) * 1_000_000 + Number(minor) * 1_000 + Number(patch);
}
