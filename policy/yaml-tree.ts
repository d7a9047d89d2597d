import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import type { Position } from "./document.ts";
import type { Problems } from "./problems.ts";
import { lineStarts, placeOf } from "./text-places.ts";
import { checkCharacters, checkTokens } from "./yaml-checks.ts";
import { YAML_LIMITS } from "./yaml-limits.ts";

/** A value of a policy file with its place; maps keep their order. */
export type YamlNode =
  | { readonly kind: "map"; readonly at: Position; readonly entries: readonly YamlEntry[] }
  | { readonly kind: "list"; readonly at: Position; readonly items: readonly YamlNode[] }
  | { readonly kind: "scalar"; readonly at: Position; readonly value: string | number | boolean | null };

/** A key and its value. */
export interface YamlEntry {
  readonly key: string;
  readonly at: Position;
  readonly value: YamlNode;
}

/**
 * Reads the strict part of YAML 1.2 that policy files may use: one document of maps, lists and plain scalars.
 *
 * @param text The file.
 * @param problems Gets every refusal with its place.
 * @returns The tree, or `null` after a refusal that leaves none.
 */
export function readYamlTree(text: string, problems: Problems): YamlNode | null {
  const lines = lineStarts(text);
  if (!checkCharacters(text, { lines, problems })) return null;
  const yaml = loadYaml();
  if (!checkTokens(yaml, text, { lines, problems })) return null;
  // `uniqueKeys` compares every pair and pretty errors rescan the text for each: both are quadratic. We check keys ourselves.
  const document = yaml.parseDocument(text, {
    version: "1.2",
    schema: "core",
    strict: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  for (const issue of [...document.errors, ...document.warnings].slice(0, 10)) {
    problems.add("POLICY_SYNTAX", placeOf(lines, issue.pos[0]), {
      message: `not valid YAML: ${oneLine(issue.message)}`,
    });
  }
  if (!problems.none) return null;
  if (document.contents === null) {
    problems.add("POLICY_SYNTAX", { line: 1, col: 1 }, {
      message: "the file is empty",
      hint: "start with `version: 2`, or run `agentzero init`",
    });
    return null;
  }
  return new TreeReader(yaml, lines, problems).read(document.contents, 0);
}

/** Loads the parser on first use: a session that starts from the compiled bundle never needs it. */
function loadYaml(): typeof Yaml {
  const yaml: typeof Yaml = loaded ?? requireHere("yaml");
  loaded = yaml;
  return yaml;
}

// Reloading a changed policy between two calls is synchronous, so a dynamic import would come too late.
const requireHere: NodeJS.Require = createRequire(import.meta.url);
let loaded: typeof Yaml | undefined;

/** Turns parsed nodes into our own, refusing what the parser silently takes. */
class TreeReader {
  readonly #yaml: typeof Yaml;
  readonly #lines: readonly number[];
  readonly #problems: Problems;

  constructor(yaml: typeof Yaml, lines: readonly number[], problems: Problems) {
    this.#yaml = yaml;
    this.#lines = lines;
    this.#problems = problems;
  }

  read(node: unknown, depth: number): YamlNode {
    const at = this.#place(node);
    if (depth > YAML_LIMITS.depth) {
      this.#problems.add("POLICY_LIMIT", at, { message: `nested deeper than ${YAML_LIMITS.depth} levels` });
      return { kind: "scalar", at, value: null };
    }
    if (this.#yaml.isMap(node)) return { kind: "map", at, entries: this.#entries(node, depth) };
    if (this.#yaml.isSeq(node)) {
      return { kind: "list", at, items: node.items.map((item) => this.read(item, depth + 1)) };
    }
    if (this.#yaml.isScalar(node)) return { kind: "scalar", at, value: this.#value(node, at) };
    this.#problems.add("POLICY_VALUE", at, { message: "a value is missing", hint: "null is no value here" });
    return { kind: "scalar", at, value: null };
  }

  #entries(map: Yaml.YAMLMap, depth: number): readonly YamlEntry[] {
    const seen = new Set<string>();
    const entries: YamlEntry[] = [];
    for (const pair of map.items) {
      const at = this.#place(pair.key);
      const key = this.#yaml.isScalar(pair.key) ? pair.key.value : null;
      if (typeof key !== "string") {
        this.#problems.add("POLICY_KEY", at, { message: "a key is not text", hint: "keys are plain words" });
      } else if (key === "<<") {
        this.#problems.add("POLICY_SYNTAX", at, { message: "merge keys are refused", hint: "write the keys out" });
      } else if (!ASCII.test(key)) {
        // Threat: a letter that looks like another, or a no-break space, in a key that everybody reads as a known one.
        this.#problems.add("POLICY_KEY", at, { message: `the key "${escape(key)}" has a character that is not ASCII` });
      } else if (seen.has(key)) {
        this.#problems.add("POLICY_DUPLICATE", at, { message: `the key "${escape(key)}" stands twice in one map` });
      } else {
        seen.add(key);
        entries.push({ key, at, value: this.#member(pair.value, depth, { key, at }) });
      }
    }
    return entries;
  }

  #member(value: unknown, depth: number, owner: { readonly key: string; readonly at: Position }): YamlNode {
    if (value === null || value === undefined) return { kind: "scalar", at: owner.at, value: null };
    const node = this.read(value, depth + 1);
    // People are named and reasons are given in any language; all that is compared with something is ASCII.
    if (node.kind === "scalar" && typeof node.value === "string" && FREE_TEXT.has(owner.key)) return node;
    checkText(node, this.#problems);
    return node;
  }

  #value(node: Yaml.Scalar, at: Position): string | number | boolean | null {
    const { value, source = "" } = node;
    switch (typeof value) {
      case "string": {
        if (value.length > YAML_LIMITS.string) {
          this.#problems.add("POLICY_LIMIT", at, { message: `a text is longer than ${YAML_LIMITS.string} characters` });
        } else if (INVISIBLE.test(value)) {
          this.#problems.add("POLICY_SYNTAX", at, {
            message: "a text has a line break, control or invisible character",
            hint: "write it on one line",
          });
        } else {
          return value;
        }
        return "";
      }
      case "number":
        if (/^(?:0|-?[1-9]\d{0,15})$/.test(source)) return value;
        this.#problems.add("POLICY_VALUE", at, {
          message: `"${escape(source)}" is not a whole decimal number`,
          hint: "put quotes around it if it is meant as text",
        });
        return 0;
      case "boolean":
        if (source === "true" || source === "false") return value;
        this.#problems.add("POLICY_VALUE", at, {
          message: `"${escape(source)}" is a boolean in another spelling`,
          hint: "write true or false, or put quotes around it",
        });
        return value;
      default:
        return null;
    }
  }

  #place(node: unknown): Position {
    return placeOf(this.#lines, this.#yaml.isNode(node) ? node.range?.[0] ?? 0 : 0);
  }
}

function checkText(node: YamlNode, problems: Problems): void {
  if (node.kind === "list") {
    for (const item of node.items) checkText(item, problems);
  } else if (node.kind === "scalar" && typeof node.value === "string" && !ASCII.test(node.value)) {
    problems.add("POLICY_VALUE", node.at, {
      message: `"${escape(node.value)}" has a character that is not ASCII`,
      hint: 'write "?" for it in a glob, the xn-- form in a host',
    });
  }
}

const FREE_TEXT: ReadonlySet<string> = new Set(["name", "reason"]);
const ASCII = /^[\x20-\x7e]*$/;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, 200);
}

/** Shows an untrusted piece of the file in a message. */
function escape(text: string): string {
  return text.slice(0, 60).replaceAll(
    /[^\x20-\x7e]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
