import {
  checkName,
  countCharacters,
  type HeaderRules,
  MAX_COMPATIBILITY,
  MAX_DESCRIPTION,
  MAX_LICENSE,
  type ReadHeader,
  TOP_KEYS,
} from "./common-header.ts";
import type { Findings } from "./finding.ts";
import { SKILL_MD } from "./front-matter.ts";
import type { HeaderEntry } from "./header-tree.ts";
import { parseSkillId, RESERVED_NAMESPACE } from "./names.ts";
import { permissionTokens } from "./permission-source.ts";
import { readSecureKeys } from "./secure-keys.ts";
import { findInvisible, showText } from "./visible-text.ts";

/**
 * Reads the header of a signed skill: nothing is dropped, what is not understood is refused.
 *
 * @param entries The keys.
 * @param rules The folder it lies in; whether it is a generated tool.
 * @param findings Gets what is wrong.
 * @returns The header, or `null` when something was found that leaves none.
 */
export function readSecureHeader(
  entries: readonly HeaderEntry[],
  rules: HeaderRules,
  findings: Findings,
): ReadHeader | null {
  const reader = new SecureReader(entries, findings);
  const metadata = reader.metadata();
  const shipped = parseSkillId(metadata.get("az.id")?.text ?? "")?.namespace === RESERVED_NAMESPACE;
  const name = checkName(reader.entry("name"), { ...rules, shipped }, findings);
  const description = reader.text("description", MAX_DESCRIPTION);
  if (description === null) reader.missing("description", rules.headerLine);
  const license = reader.text("license", MAX_LICENSE);
  const compatibility = reader.text("compatibility", MAX_COMPATIBILITY);
  const allowedTools = reader.tools();
  const secure = readSecureKeys(metadata, {
    name,
    generated: rules.generated,
    line: reader.entry("metadata")?.line ?? rules.headerLine,
    findings,
  });
  if (secure === null) return null;
  const pairs: Record<string, string> = Object.create(null);
  for (const [key, { text }] of metadata) pairs[key] = text;
  return {
    name,
    description: description ?? "",
    license,
    compatibility,
    allowedTools,
    metadata: pairs,
    ignored: [],
    invisible: 0,
    secure,
  };
}

/** A value of `metadata` with its place. */
export interface MetadataValue {
  /** The text. */
  readonly text: string;
  /** Line of the file. */
  readonly line: number;
}

class SecureReader {
  readonly #entries: readonly HeaderEntry[];
  readonly #findings: Findings;

  constructor(entries: readonly HeaderEntry[], findings: Findings) {
    this.#entries = entries;
    this.#findings = findings;
    for (const { key, line } of entries) {
      if (TOP_KEYS.includes(key)) continue;
      findings.add("SPEC_UNKNOWN", `the key "${showText(key)}" is unknown`, {
        path: SKILL_MD,
        line,
        hint: key.startsWith("az.") || key === "version"
          ? "put it under metadata:"
          : `keys at the top are ${TOP_KEYS.join(" ")}`,
      });
    }
  }

  entry(key: string): HeaderEntry | undefined {
    return this.#entries.find((entry) => entry.key === key);
  }

  text(key: string, max: number): string | null {
    const entry = this.entry(key);
    if (entry === undefined) return null;
    const text = this.#plain(entry.value, key);
    if (text === null) return null;
    const length = countCharacters(text.trim());
    if (length >= 1 && countCharacters(text) <= max) return text.trim();
    this.#findings.add("FRONTMATTER", `${key} has ${length} characters`, {
      path: SKILL_MD,
      line: entry.line,
      hint: `1 to ${max}`,
    });
    return "";
  }

  tools(): readonly string[] | null {
    const text = this.text("allowed-tools", 2_000);
    if (text === null || text === "") return null;
    const tokens = text === "none" ? [] : permissionTokens(text);
    if (tokens !== null && new Set(tokens).size === tokens.length) return tokens;
    this.#findings.add("FRONTMATTER", "allowed-tools is not a list of different tokens separated by one space", {
      path: SKILL_MD,
      line: this.entry("allowed-tools")?.line,
      hint: "e.g. allowed-tools: read list",
    });
    return null;
  }

  metadata(): ReadonlyMap<string, MetadataValue> {
    const entry = this.entry("metadata");
    const pairs = new Map<string, MetadataValue>();
    if (entry === undefined) return pairs;
    if (entry.value.kind !== "map" || entry.value.flow) {
      this.#findings.add("FRONTMATTER", "metadata is not a block of keys", {
        path: SKILL_MD,
        line: entry.line,
        hint: "write one `key: value` a line, indented",
      });
      return pairs;
    }
    for (const { key, line, value } of entry.value.entries) {
      const text = this.#plain(value, key);
      // Threat: a letter of another alphabet in a key that everybody reads as a known one.
      if (!/^[A-Za-z0-9._-]{1,64}$/.test(key)) {
        this.#findings.add("SPEC_UNKNOWN", `the key "${showText(key)}" is unknown`, {
          path: SKILL_MD,
          line,
          hint: "keys are of A-Z a-z 0-9 . _ -",
        });
      } else if (text !== null) pairs.set(key, { text, line });
    }
    return pairs;
  }

  missing(key: string, line: number): void {
    if (this.entry(key) !== undefined) return;
    this.#findings.add("FRONTMATTER", `the key ${key} is missing`, {
      path: SKILL_MD,
      line,
      hint: key === "description" ? "say what it does and when to use it" : `add ${key}`,
    });
  }

  #plain(value: HeaderEntry["value"], key: string): string | null {
    if (value.kind !== "text") {
      this.#findings.add("FRONTMATTER", `the value of ${showText(key)} is not a text`, {
        path: SKILL_MD,
        line: value.line,
        hint: "one text in quotes; no list, no map",
      });
      return null;
    }
    const hit = findInvisible(value.text);
    if (hit === null) return value.text;
    this.#findings.add("TEXT_INVISIBLE", `${showText(key)} holds the invisible character ${hit.name} by an escape`, {
      path: SKILL_MD,
      line: value.line,
      hint: "remove it",
    });
    return null;
  }
}
