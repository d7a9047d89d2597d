import type { Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, Node, Pair } from "yaml";
import type { Json } from "../../core/mod.ts";
import { SessionError } from "../errors.ts";

/** One turn of a scripted model; a turn without calls ends the reply. */
export interface ScriptTurn {
  /** What the model says. */
  readonly text?: string;
  /** What it calls. */
  readonly calls?: readonly ScriptCall[];
}

/** One call of a turn. */
export interface ScriptCall {
  /** Name of the tool. */
  readonly tool: string;
  /** Its arguments. */
  readonly args: { readonly [name: string]: Json };
}

/** The most bytes a script file may have. */
export const MAX_SCRIPT_BYTES = 1_048_576;
const MAX_DEPTH = 64;

/**
 * Reads a script: a YAML list of `{text?, calls?: [{tool, args?}]}`. Strict: errors, warnings, aliases, anchors, tags,
 * directives and other keys refuse it.
 *
 * @example
 * ```ts
 * await parseScript('- calls: [{tool: read, args: {path: README.md}}]\n- text: "It says ${last}"\n', "turns.yml");
 * ```
 * @param text The whole file.
 * @param name How to call it in messages.
 * @returns Its turns.
 * @throws {SessionError} `SCRIPT_INVALID` with the line.
 */
export async function parseScript(text: string, name: string): Promise<readonly ScriptTurn[]> {
  if (Buffer.byteLength(text) > MAX_SCRIPT_BYTES) throw refuse(name, null, `more than ${MAX_SCRIPT_BYTES} bytes`);
  const yaml = await import("yaml");
  const lines = new yaml.LineCounter();
  let document: Document.Parsed;
  try {
    document = yaml.parseDocument(text, { strict: true, uniqueKeys: true, version: "1.2", lineCounter: lines });
  } catch {
    // The parser recurses: a file of a million brackets ends here.
    throw refuse(name, null, "it is nested too deep");
  }
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    throw refuse(name, problem.linePos?.[0].line ?? null, firstLine(problem.message));
  }
  const { explicit } = document.directives.yaml;
  if (explicit === true || Object.keys(document.directives.tags).some((tag) => tag !== "!!")) {
    throw refuse(name, 1, "directives are not allowed");
  }
  const reader: Reader = { yaml, lines, name };
  const turns = items(reader, document.contents, "a list of turns");
  return turns.map((turn) => readTurn(reader, turn));
}

interface Reader {
  readonly yaml: {
    readonly isAlias: typeof isAlias;
    readonly isMap: typeof isMap;
    readonly isNode: typeof isNode;
    readonly isScalar: typeof isScalar;
    readonly isSeq: typeof isSeq;
  };
  readonly lines: LineCounter;
  readonly name: string;
}

function readTurn(reader: Reader, node: unknown): ScriptTurn {
  const fields = members(reader, node, ["text", "calls"]);
  const text = fields.get("text");
  const calls = fields.get("calls");
  return {
    ...(text === undefined ? {} : { text: readText(reader, text, "text") }),
    ...(calls === undefined
      ? {}
      : { calls: items(reader, calls, "a list of calls").map((call) => readCall(reader, call)) }),
  };
}

function readCall(reader: Reader, node: unknown): ScriptCall {
  const fields = members(reader, node, ["tool", "args"]);
  const tool = fields.get("tool");
  const args = fields.get("args");
  if (tool === undefined) throw refuse(reader.name, lineOf(reader, node), 'a call needs "tool"');
  if (args === undefined) return { tool: readText(reader, tool, "tool"), args: {} };
  if (!reader.yaml.isMap(args)) throw refuse(reader.name, lineOf(reader, args), '"args" must be a mapping');
  return {
    tool: readText(reader, tool, "tool"),
    args: Object.fromEntries(pairs(reader, args).map(([key, value]) => [key, toJson(reader, value, 0)])),
  };
}

function items(reader: Reader, node: unknown, expected: string): readonly unknown[] {
  checkPlain(reader, node);
  if (!reader.yaml.isSeq(node)) throw refuse(reader.name, lineOf(reader, node), `expected ${expected}`);
  return node.items;
}

function members(reader: Reader, node: unknown, known: readonly string[]): ReadonlyMap<string, unknown> {
  checkPlain(reader, node);
  if (!reader.yaml.isMap(node)) {
    throw refuse(reader.name, lineOf(reader, node), `expected a mapping with ${known.join(" and ")}`);
  }
  const fields = new Map<string, unknown>();
  for (const [key, value] of pairs(reader, node)) {
    if (!known.includes(key)) {
      throw refuse(
        reader.name,
        lineOf(reader, value ?? node),
        `unknown key "${key.slice(0, 40)}"; known: ${known.join(", ")}`,
      );
    }
    fields.set(key, value);
  }
  return fields;
}

function pairs(reader: Reader, node: { readonly items: readonly Pair[] }): readonly (readonly [string, unknown])[] {
  return node.items.map(({ key, value }) => {
    checkPlain(reader, key);
    if (!reader.yaml.isScalar(key) || typeof key.value !== "string" || key.value === "<<") {
      throw refuse(reader.name, lineOf(reader, key), "keys must be plain text");
    }
    return [key.value, value] as const;
  });
}

function readText(reader: Reader, node: unknown, field: string): string {
  checkPlain(reader, node);
  if (!reader.yaml.isScalar(node) || typeof node.value !== "string") {
    throw refuse(reader.name, lineOf(reader, node), `"${field}" must be text`);
  }
  return node.value;
}

function toJson(reader: Reader, node: unknown, depth: number): Json {
  checkPlain(reader, node);
  if (depth > MAX_DEPTH) throw refuse(reader.name, lineOf(reader, node), "it is nested too deep");
  if (node === null) return null;
  if (reader.yaml.isSeq(node)) return node.items.map((item) => toJson(reader, item, depth + 1));
  if (reader.yaml.isMap(node)) {
    return Object.fromEntries(pairs(reader, node).map(([key, value]) => [key, toJson(reader, value, depth + 1)]));
  }
  const value: unknown = reader.yaml.isScalar(node) ? node.value : undefined;
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw refuse(reader.name, lineOf(reader, node), "this value has no JSON form");
}

/** Refuses what makes YAML say one thing and mean another. */
function checkPlain(reader: Reader, node: unknown): void {
  if (reader.yaml.isAlias(node)) throw refuse(reader.name, lineOf(reader, node), "aliases are not allowed");
  if (!reader.yaml.isNode(node)) return;
  if (node.tag !== undefined) throw refuse(reader.name, lineOf(reader, node), "tags are not allowed");
  if ("anchor" in node && node.anchor !== undefined) {
    throw refuse(reader.name, lineOf(reader, node), "anchors are not allowed");
  }
}

function lineOf(reader: Reader, node: unknown): number | null {
  const range: Node["range"] = reader.yaml.isNode(node) ? node.range : null;
  return range === null || range === undefined ? null : reader.lines.linePos(range[0]).line;
}

function firstLine(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "").slice(0, 200);
}

function refuse(name: string, line: number | null, why: string): SessionError {
  return new SessionError(
    "SCRIPT_INVALID",
    `Cannot load script "${name}": ${line === null ? "" : `line ${line}: `}${why}`,
    {
      hint: "a script is a YAML list of turns, each `{text: …, calls: [{tool: …, args: {…}}]}`",
    },
  );
}
