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
import { removeInvisible } from "./visible-text.ts";

/**
 * Reads the header of a foreign skill: text alone, no authority. What it does not use is listed.
 *
 * @param entries The keys.
 * @param rules The folder it lies in.
 * @param findings Gets what is wrong.
 * @returns The header; of no use when something was found.
 */
export function readCompatHeader(
  entries: readonly HeaderEntry[],
  rules: HeaderRules,
  findings: Findings,
): ReadHeader {
  const reader = new CompatReader(entries);
  const name = checkName(reader.entry("name"), { ...rules, shipped: false }, findings);
  const description = reader.text("description", Infinity) ?? "";
  checkDescription(description, reader.entry("description")?.line ?? rules.headerLine, findings);
  const license = reader.text("license", MAX_LICENSE);
  const compatibility = reader.text("compatibility", MAX_COMPATIBILITY);
  const tools = reader.text("allowed-tools", Infinity);
  const metadata = reader.metadata();
  return {
    name,
    description,
    license,
    compatibility,
    // Other clients separate by commas, too; a ceiling only ever takes away.
    allowedTools: tools === null ? null : tools.split(/[\s,]+/).filter((token) => token !== ""),
    metadata,
    ignored: reader.ignored,
    invisible: reader.removed,
    secure: null,
  };
}

function checkDescription(description: string, line: number, findings: Findings): void {
  const length = countCharacters(description);
  if (length > 0 && length <= MAX_DESCRIPTION) return;
  findings.add(
    "FRONTMATTER",
    length === 0 ? "the key description is missing" : `its description has ${length} characters`,
    { path: SKILL_MD, line, hint: `say in 1-${MAX_DESCRIPTION} characters what it does and when to use it` },
  );
}

class CompatReader {
  readonly ignored: readonly string[];
  removed = 0;
  readonly #entries: readonly HeaderEntry[];
  readonly #ignored: string[] = [];

  constructor(entries: readonly HeaderEntry[]) {
    this.#entries = entries;
    this.ignored = this.#ignored;
    for (const { key } of entries) if (!TOP_KEYS.includes(key)) this.#ignored.push(this.#plain(key));
  }

  entry(key: string): HeaderEntry | undefined {
    return this.#entries.find((entry) => entry.key === key);
  }

  text(key: string, max: number): string | null {
    const entry = this.entry(key);
    if (entry === undefined) return null;
    const text = entry.value.kind === "text" ? this.#plain(entry.value.text).trim() : null;
    if (text !== null && countCharacters(text) <= max) return text === "" ? null : text;
    this.#ignored.push(key);
    return null;
  }

  metadata(): Readonly<Record<string, string>> {
    const entry = this.entry("metadata");
    // No prototype: what reads a key from it finds nothing else.
    const pairs: Record<string, string> = Object.create(null);
    if (entry === undefined) return pairs;
    if (entry.value.kind !== "map" || entry.value.flow) {
      if (entry.value.kind !== "text" || entry.value.text !== "") this.#ignored.push("metadata");
      return pairs;
    }
    for (const { key, value } of entry.value.entries) {
      const name = this.#plain(key);
      // Only a signature stands behind such keys.
      if (value.kind !== "text" || name.toLowerCase().startsWith("az.")) this.#ignored.push(`metadata.${name}`);
      else pairs[name] = this.#plain(value.text);
    }
    return pairs;
  }

  // The raw text has none left; an escape inside quotes may still make one.
  #plain(text: string): string {
    const plain = removeInvisible(text);
    this.removed += plain.removed;
    return plain.text;
  }
}
