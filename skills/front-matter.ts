import type { Findings } from "./finding.ts";
import type { SkillProfile } from "./skill-md.ts";
import { findInvisible, lineOf, removeInvisible } from "./visible-text.ts";

/** The name of the text of a skill. */
export const SKILL_MD = "SKILL.md";
/** The longest `SKILL.md` in bytes. */
export const MAX_SKILL_MD_BYTES: number = 64 * 1024;

/** A `SKILL.md` cut at its fences. */
export interface FrontMatter {
  /** The YAML between the fences. */
  readonly header: string;
  /** Line of the file on which `header` begins, from 1. */
  readonly headerLine: number;
  /** What comes after the second fence. */
  readonly body: string;
  /** Number of invisible characters that were removed; 0 in the secure profile. */
  readonly invisible: number;
}

/**
 * Decodes a `SKILL.md` and cuts it at its fences: whole lines `---`.
 *
 * @param source The file, or its text.
 * @param profile What to refuse: the secure profile every invisible character, the compat profile none (they go).
 * @param findings Gets what is wrong.
 * @returns The parts, or `null` when there are none to go on with.
 */
export function cutFrontMatter(
  source: Uint8Array | string,
  profile: SkillProfile,
  findings: Findings,
): FrontMatter | null {
  const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source;
  if (bytes.length > MAX_SKILL_MD_BYTES) {
    findings.add("SIZE_LIMIT", `it has ${bytes.length} bytes, more than ${MAX_SKILL_MD_BYTES}`, {
      path: SKILL_MD,
      hint: "move long parts to files under references/",
    });
    return null;
  }
  const decoded = decodeUtf8(source);
  if (decoded === null) return refuse(findings, "it is not valid UTF-8", { line: 1, hint: "save it as UTF-8" });
  if (profile === "secure") return cutStrictly(decoded, findings);
  const plain = removeInvisible(decoded.replaceAll("\r\n", "\n"));
  const carriageReturns = decoded.split("\r\n").length - 1;
  // A CR alone ends a line for YAML, and shows as nothing or as a line to a person: never guessed at.
  const lone = decoded.replaceAll("\r\n", "\n").indexOf("\r");
  if (lone >= 0) {
    return refuse(findings, "it has a carriage return", { line: lineOf(decoded, lone), hint: "end lines with LF" });
  }
  const cut = cutAtFences(plain.text, findings);
  return cut === null ? null : { ...cut, invisible: plain.removed + carriageReturns };
}

/** Decodes UTF-8; `null` for anything else, also for a text with half a surrogate pair. */
export function decodeUtf8(source: Uint8Array | string): string | null {
  if (typeof source === "string") return source.isWellFormed() ? source : null;
  try {
    return STRICT.decode(source);
  } catch {
    return null;
  }
}

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function cutStrictly(text: string, findings: Findings): FrontMatter | null {
  if (text.startsWith("\ufeff")) {
    return refuse(findings, "it starts with a byte order mark", { line: 1, hint: "save it as UTF-8 without BOM" });
  }
  const carriage = text.indexOf("\r");
  if (carriage >= 0) {
    return refuse(findings, "it has a carriage return", {
      line: lineOf(text, carriage),
      hint: "end lines with LF alone",
    });
  }
  const hit = findInvisible(text);
  if (hit !== null) {
    findings.add("TEXT_INVISIBLE", `the invisible character ${hit.name}`, {
      path: SKILL_MD,
      line: lineOf(text, hit.at),
      hint: "remove it: everything in a signed text can be seen",
    });
    return null;
  }
  const cut = cutAtFences(text, findings);
  return cut === null ? null : { ...cut, invisible: 0 };
}

function cutAtFences(text: string, findings: Findings): Omit<FrontMatter, "invisible"> | null {
  const lines = text.split("\n");
  if (lines[0] !== FENCE) {
    return refuse(findings, "it does not start with a line ---", {
      line: 1,
      hint: "begin with --- and the keys name and description",
    });
  }
  const end = lines.indexOf(FENCE, 1);
  if (end < 0) {
    return refuse(findings, "no line --- ends its header", { line: 1, hint: "put a line --- under the last key" });
  }
  const header = lines.slice(1, end);
  // Threat: readers that cut at whatever looks like a fence see another header than this one.
  const marker = header.findIndex((line) => line.startsWith("---") || /^\.\.\.(?:\s|$)/.test(line));
  if (marker >= 0) {
    return refuse(findings, "a document marker inside the header", {
      line: marker + 2,
      hint: "remove the line, or indent the text",
    });
  }
  return { header: header.join("\n"), headerLine: 2, body: lines.slice(end + 1).join("\n") };
}

const FENCE = "---";

function refuse(findings: Findings, message: string, place: { readonly line: number; readonly hint: string }): null {
  findings.add("FRONTMATTER", message, { path: SKILL_MD, ...place });
  return null;
}
