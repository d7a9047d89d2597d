import type * as Yaml from "yaml";
import type { LineCounter, Node } from "yaml";

/** A configuration file as plain data, and where each value stands. */
export interface YamlFile {
  readonly value: unknown;
  /** Line of the value at a path of keys, from 1; of the nearest parent where the path leads nowhere. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** What is wrong with a file that is not plain YAML. */
export interface YamlProblem {
  readonly line: number;
  readonly message: string;
}

const MAX_DEPTH = 16;

/**
 * Reads YAML of the plain kind: mappings, lists, strings, booleans, integers. Errors and warnings, anchors, aliases,
 * tags, merge keys, directives, more than one document, fractions and keys that are not text are refused.
 *
 * @param text The whole file.
 * @returns The data, or the first problem.
 */
export async function readYaml(text: string): Promise<YamlFile | YamlProblem> {
  const yaml = await import("yaml");
  const lines = new yaml.LineCounter();
  let documents;
  try {
    documents = yaml.parseAllDocuments(text, { strict: true, uniqueKeys: true, version: "1.2", lineCounter: lines });
  } catch {
    // The parser recurses: a file of a million brackets ends here.
    return { line: 1, message: "it is nested too deep" };
  }
  if (!Array.isArray(documents)) return { value: null, lineOf: () => 1 };
  const [document, second] = documents;
  if (document === undefined) return { value: null, lineOf: () => 1 };
  if (second !== undefined) return { line: lineAt(lines, second.range[0]), message: "it holds more than one document" };
  const fault = document.errors[0] ?? document.warnings[0];
  // The parser reports its own exhausted stack as an error of the document.
  if (fault?.message.includes("call stack") === true) return { line: 1, message: "it is nested too deep" };
  if (fault !== undefined) return { line: fault.linePos?.[0].line ?? 1, message: firstLine(fault.message) };
  if (document.directives.yaml.explicit === true || /^%/m.test(text)) {
    return { line: 1, message: "directives are not allowed" };
  }
  const places = new Map<string, number>();
  const reader: Reader = { yaml, lines, places };
  try {
    const value = toPlain(reader, document.contents, []);
    return { value, lineOf: (path) => nearest(places, path) };
  } catch (cause) {
    if (cause instanceof NotPlain) return { line: cause.line, message: cause.message };
    throw cause;
  }
}

/** Tells a problem from a file. */
export function isYamlProblem(read: YamlFile | YamlProblem): read is YamlProblem {
  return "message" in read;
}

interface Reader {
  readonly yaml: typeof Yaml;
  readonly lines: LineCounter;
  readonly places: Map<string, number>;
}

class NotPlain extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

function toPlain(reader: Reader, node: unknown, path: readonly PropertyKey[]): unknown {
  const { yaml } = reader;
  const line = yaml.isNode(node) ? lineOfNode(reader.lines, node) : 1;
  reader.places.set(keyOf(path), line);
  if (node === null) return null;
  if (path.length > MAX_DEPTH) throw new NotPlain(line, `it is nested deeper than ${MAX_DEPTH}`);
  if (yaml.isAlias(node)) throw new NotPlain(line, "aliases are not allowed");
  if (!yaml.isNode(node)) throw new NotPlain(line, "it is not plain YAML");
  if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag)) throw new NotPlain(line, "tags are not allowed");
  if ("anchor" in node && node.anchor !== undefined) throw new NotPlain(line, "anchors are not allowed");
  if (yaml.isSeq(node)) return node.items.map((item, at) => toPlain(reader, item, [...path, at]));
  if (yaml.isMap(node)) {
    const members: [string, unknown][] = [];
    for (const pair of node.items) {
      const key: unknown = pair.key;
      if (!yaml.isScalar(key) || typeof key.value !== "string" || key.value === "<<" || key.value === "__proto__") {
        throw new NotPlain(line, "keys must be plain text");
      }
      members.push([key.value, toPlain(reader, pair.value, [...path, key.value])]);
      // A member is reported at the line of its key.
      reader.places.set(keyOf([...path, key.value]), lineOfNode(reader.lines, key));
    }
    return Object.fromEntries(members);
  }
  return plainScalar(yaml.isScalar(node) ? node.value : undefined, line);
}

// Kinds the parser finds by itself; a tag that was spelled out is one of the others, or refused as a directive above.
const PLAIN_TAGS: ReadonlySet<string> = new Set([
  "tag:yaml.org,2002:map",
  "tag:yaml.org,2002:seq",
  "tag:yaml.org,2002:str",
]);

function plainScalar(value: unknown, line: number): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") {
    if (typeof value === "string" && (!value.isWellFormed() || hasControl(value))) {
      throw new NotPlain(line, "control characters are not allowed");
    }
    return value;
  }
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new NotPlain(line, "expected text, true, false or a whole number");
}

function hasControl(text: string): boolean {
  return /[\p{Cc}\p{Cf}]/u.test(text.replaceAll(/[\n\t]/g, ""));
}

function lineOfNode(lines: LineCounter, node: Node): number {
  return lineAt(lines, node.range?.[0] ?? 0);
}

function lineAt(lines: LineCounter, offset: number): number {
  return Math.max(1, lines.linePos(offset).line);
}

function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}

function nearest(places: ReadonlyMap<string, number>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const line = places.get(keyOf(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return 1;
}

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] ?? text).replace(/ at line \d+, column \d+:?$/, "");
}
