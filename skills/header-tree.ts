import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import type { Findings } from "./finding.ts";
import { type FrontMatter, SKILL_MD } from "./front-matter.ts";
import { showText } from "./visible-text.ts";

/** A value of a header. */
export type HeaderValue =
  | { readonly kind: "text"; readonly text: string; readonly line: number }
  | { readonly kind: "map"; readonly entries: readonly HeaderEntry[]; readonly line: number; readonly flow: boolean }
  | { readonly kind: "list"; readonly line: number; readonly flow: boolean };

/** A key and its value. */
export interface HeaderEntry {
  /** The key as it is. */
  readonly key: string;
  /** Line of the file, from 1. */
  readonly line: number;
  /** What stands under it. */
  readonly value: HeaderValue;
}

const MAX_DEPTH = 16;
const MAX_INDICATORS = 32;

/**
 * Reads the YAML of a header: failsafe schema, one map, nothing but text, maps and lists. Anchors, aliases, tags, merge
 * and explicit keys, directives, duplicate keys, names of object members, errors and warnings are refused: broken or
 * clever YAML is never guessed at.
 *
 * @param front The cut text.
 * @param findings Gets what is wrong.
 * @returns The entries, or `null` after a refusal.
 */
export function readHeaderTree(front: FrontMatter, findings: Findings): readonly HeaderEntry[] | null {
  const before = findings.count;
  const yaml = loadYaml();
  const place = new Place(front);
  if (!checkTokens(yaml, front, { findings, place })) return null;
  const document = parse(yaml, front.header);
  if (document === null) {
    findings.add("FRONTMATTER", "its header is nested too deep", { path: SKILL_MD, line: front.headerLine });
    return null;
  }
  for (const issue of [...document.errors, ...document.warnings].slice(0, 5)) {
    findings.add("FRONTMATTER", `not valid YAML: ${issue.message.replaceAll(/\s+/g, " ").slice(0, 160)}`, {
      path: SKILL_MD,
      line: place.line(issue.pos[0]),
      hint: "put quotes around text with a colon or a leading sign",
    });
  }
  if (findings.count > before) return null;
  const root = document.contents;
  if (!yaml.isMap(root) || root.flow === true) {
    findings.add("FRONTMATTER", root === null ? "its header is empty" : "its header is not a block of keys", {
      path: SKILL_MD,
      line: front.headerLine,
      hint: "write one `key: value` a line",
    });
    return null;
  }
  const entries = new TreeReader(yaml, place, findings).entries(root, 0);
  return findings.count > before ? null : entries;
}

function parse(yaml: typeof Yaml, text: string): Yaml.Document.Parsed | null {
  try {
    // Keys are compared below: the library's own test takes quadratic time.
    return yaml.parseDocument(text, {
      version: "1.2",
      schema: "failsafe",
      strict: true,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "silent",
    });
  } catch {
    // Threat: nesting that overflows the stack of the parser.
    return null;
  }
}

class TreeReader {
  readonly #yaml: typeof Yaml;
  readonly #place: Place;
  readonly #findings: Findings;

  constructor(yaml: typeof Yaml, place: Place, findings: Findings) {
    this.#yaml = yaml;
    this.#place = place;
    this.#findings = findings;
  }

  entries(map: Yaml.YAMLMap, depth: number): readonly HeaderEntry[] {
    const seen = new Set<string>();
    const entries: HeaderEntry[] = [];
    for (const pair of map.items) {
      const line = this.#line(pair.key);
      const key = this.#yaml.isScalar(pair.key) ? pair.key.value : null;
      if (typeof key !== "string" || key === "") this.#refuse(line, "a key is not text", "keys are plain words");
      else if (key === "<<") this.#refuse(line, "a merge key", "write the keys out");
      // Threat: `__proto__: …` that changes every object instead of this one.
      else if (key in Object.prototype) this.#refuse(line, `the key "${key}"`, "choose another word");
      else if (seen.has(key)) this.#refuse(line, `the key "${showText(key)}" stands twice`, "keep one of them");
      else {
        seen.add(key);
        entries.push({ key, line, value: this.#value(pair.value, depth + 1, line) });
      }
    }
    return entries;
  }

  #value(node: unknown, depth: number, line: number): HeaderValue {
    if (depth > MAX_DEPTH) {
      this.#refuse(line, `nested deeper than ${MAX_DEPTH} levels`, "flatten it");
    } else if (this.#yaml.isScalar(node)) {
      if (typeof node.value === "string") return { kind: "text", text: node.value, line: this.#line(node) };
    } else if (this.#yaml.isMap(node)) {
      return {
        kind: "map",
        entries: this.entries(node, depth),
        line: this.#line(node),
        flow: node.flow === true,
      };
    } else if (this.#yaml.isSeq(node)) {
      for (const item of node.items) this.#value(item, depth + 1, this.#line(item));
      return { kind: "list", line: this.#line(node), flow: node.flow === true };
    } else if (this.#yaml.isPair(node)) {
      this.#refuse(line, "a pair inside a list", "write a map");
    }
    return { kind: "text", text: "", line };
  }

  #line(node: unknown): number {
    return this.#place.line(this.#yaml.isNode(node) ? node.range?.[0] ?? 0 : 0);
  }

  #refuse(line: number, message: string, hint: string): void {
    this.#findings.add("FRONTMATTER", `${message} in its header`, { path: SKILL_MD, line, hint });
  }
}

/** Finds lines of the file by positions in its header. */
class Place {
  readonly #starts: readonly number[];
  readonly #first: number;

  constructor(front: FrontMatter) {
    const starts = [0];
    for (let at = front.header.indexOf("\n"); at >= 0; at = front.header.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#starts = starts;
    this.#first = front.headerLine;
  }

  line(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#first + low;
  }
}

interface TokenContext {
  readonly findings: Findings;
  readonly place: Place;
}

/** Walks the tokens before anything is composed: what builds objects or keeps the composer busy ends here. */
function checkTokens(yaml: typeof Yaml, front: FrontMatter, { findings, place }: TokenContext): boolean {
  let offset = 0;
  let depth = 0;
  let indicators = 0;
  let scalarNext = false;
  for (const token of new yaml.Lexer().lex(front.header)) {
    if (token.length === 1 && MARKERS.has(token)) {
      scalarNext = token === SCALAR;
      continue;
    }
    const at = offset;
    offset += token.length;
    if (scalarNext) {
      scalarNext = false;
      continue;
    }
    if (token === "[" || token === "{") depth++;
    if (token === "]" || token === "}") depth--;
    if (token === "\n") indicators = 0;
    if (token === "-" || token === ":" || token === "?") indicators++;
    const refused = depth > MAX_DEPTH || indicators > MAX_INDICATORS
      ? `nested deeper than ${MAX_DEPTH} levels`
      : token === "?"
      ? "an explicit key (?)"
      : REFUSED[token[0] ?? ""];
    if (refused === undefined) continue;
    findings.add("FRONTMATTER", `${refused} in its header`, {
      path: SKILL_MD,
      line: place.line(at),
      hint: "put quotes around text that starts with a sign",
    });
    return false;
  }
  return true;
}

const REFUSED: Readonly<Record<string, string>> = {
  "&": "an anchor (&)",
  "*": "an alias (*)",
  "!": "a tag (!)",
  "%": "a directive (%)",
};
const SCALAR = "\x1f";
const MARKERS: ReadonlySet<string> = new Set(["\x02", "\x18", SCALAR]);

/** Loads the parser on first use: a start without skills never needs it. */
function loadYaml(): typeof Yaml {
  const yaml: typeof Yaml = loaded ?? requireHere("yaml");
  loaded = yaml;
  return yaml;
}

const requireHere: NodeJS.Require = createRequire(import.meta.url);
let loaded: typeof Yaml | undefined;
