import { SkillsError } from "./errors.ts";
import { Findings, type SkillFinding } from "./finding.ts";
import { decodeUtf8 } from "./front-matter.ts";
import { checkInput, type SchemaNode, TYPE_NAMES, type TypeName } from "./input-check.ts";
import { showText } from "./visible-text.ts";

/** What an input must look like, compiled. */
export interface InputSchema {
  /** The schema itself, for a model. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Says what is wrong with a value, or `null` when it fits. Never shows the value. */
  check(value: unknown): string | null;
}

const MAX_SCHEMA_BYTES = 32_768;
const MAX_DEPTH = 12;
const MAX_NODES = 500;
const KEYS: readonly string[] = [
  "type",
  "properties",
  "required",
  "items",
  "enum",
  "minimum",
  "maximum",
  "maxLength",
  "maxItems",
  "additionalProperties",
];

/**
 * Compiles the subset of JSON Schema that skills and generated tools may use: `type properties required items enum
 * minimum maximum maxLength maxItems additionalProperties`. Any other keyword is refused, never ignored.
 *
 * @example
 * ```ts
 * const input = compileInputSchema({ type: "object", properties: { text: { type: "string" } }, required: ["text"] });
 * input.check({ text: 1 }); // '"text" is a number, not a string'
 * ```
 * @param value A JSON value, untrusted; the root must be of type `object`.
 * @returns The compiled schema.
 * @throws {SkillsError} `TOOL_SCHEMA`.
 */
export function compileInputSchema(value: unknown): InputSchema {
  const budget = { nodes: 0 };
  const root = compile(value, { path: [], budget });
  if (!root.types.includes("object") || root.types.length !== 1) throw refuse([], 'its root is not of type "object"');
  if (!isObject(value)) throw refuse([], "it is not an object");
  return { schema: value, check: (input) => checkInput(root, input) };
}

/** Compiles the bytes of a schema file; gives findings instead of throwing. */
export function checkInputSchema(bytes: Uint8Array, path: string): readonly SkillFinding[] {
  const findings = new Findings();
  try {
    parseInputSchema(bytes);
  } catch (cause) {
    if (!(cause instanceof SkillsError)) throw cause;
    findings.add(cause.code, cause.message, { path, hint: cause.hint });
  }
  return findings.all;
}

/**
 * Reads the bytes of a schema file.
 *
 * @param bytes JSON.
 * @returns The compiled schema.
 * @throws {SkillsError} `TOOL_SCHEMA`.
 */
export function parseInputSchema(bytes: Uint8Array): InputSchema {
  if (bytes.length > MAX_SCHEMA_BYTES) throw refuse([], `it has more than ${MAX_SCHEMA_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(bytes) ?? "");
  } catch {
    throw refuse([], "it is not JSON");
  }
  return compileInputSchema(value);
}

interface Where {
  readonly path: readonly string[];
  readonly budget: { nodes: number };
}

function compile(value: unknown, where: Where): SchemaNode {
  const { path, budget } = where;
  if (++budget.nodes > MAX_NODES) throw refuse(path, `it has more than ${MAX_NODES} parts`);
  if (path.length > MAX_DEPTH * 2) throw refuse(path, `it is nested deeper than ${MAX_DEPTH} levels`);
  if (!isObject(value)) throw refuse(path, "it is not an object");
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw refuse(path, `"${showText(unknown)}" is not supported`, `only ${KEYS.join(" ")}`);
  const items = own(value, "items");
  const others = own(value, "additionalProperties");
  return {
    types: compileTypes(own(value, "type"), path),
    properties: compileProperties(own(value, "properties"), where),
    required: compileRequired(own(value, "required"), path),
    others: others === undefined
      ? true
      : typeof others === "boolean"
      ? others
      : compile(others, { budget, path: [...path, "additionalProperties"] }),
    items: items === undefined ? null : compile(items, { budget, path: [...path, "items"] }),
    values: compileEnum(own(value, "enum"), path),
    minimum: bound(value, "minimum", path) ?? -Infinity,
    maximum: bound(value, "maximum", path) ?? Infinity,
    maxLength: count(value, "maxLength", path),
    maxItems: count(value, "maxItems", path),
  };
}

function compileTypes(value: unknown, path: readonly string[]): readonly TypeName[] {
  if (value === undefined) return TYPE_NAMES;
  const names = Array.isArray(value) ? value : [value];
  const types = names.map((name) => TYPE_NAMES.find((type) => type === name));
  const known = types.filter((type) => type !== undefined);
  if (known.length === 0 || known.length !== names.length || new Set(known).size !== known.length) {
    throw refuse(path, "its type is none", `types are ${TYPE_NAMES.join(" ")}`);
  }
  return known;
}

function compileProperties(value: unknown, where: Where): ReadonlyMap<string, SchemaNode> {
  if (value === undefined) return new Map();
  if (!isObject(value)) throw refuse(where.path, '"properties" is not an object');
  // A map, so that `constructor` and `__proto__` are names like any other.
  return new Map(
    Object.entries(value).map(([name, node]) => [
      name,
      compile(node, { budget: where.budget, path: [...where.path, "properties", name] }),
    ]),
  );
}

function compileRequired(value: unknown, path: readonly string[]): readonly string[] {
  if (value === undefined) return [];
  const names = Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
  if (!Array.isArray(value) || names.length !== value.length || new Set(names).size !== names.length) {
    throw refuse(path, '"required" is not a list of different names');
  }
  return names;
}

function compileEnum(value: unknown, path: readonly string[]): readonly unknown[] | null {
  if (value === undefined) return null;
  const plain = Array.isArray(value) && value.length > 0 && value.length <= 200 &&
    value.every((one) => one === null || ["string", "number", "boolean"].includes(typeof one));
  if (!plain) throw refuse(path, '"enum" is not a list of 1 to 200 plain values');
  return value;
}

function bound(value: Readonly<Record<string, unknown>>, key: string, path: readonly string[]): number | null {
  const given = own(value, key);
  if (given === undefined) return null;
  if (typeof given !== "number" || !Number.isFinite(given)) throw refuse(path, `"${key}" is not a number`);
  return given;
}

function count(value: Readonly<Record<string, unknown>>, key: string, path: readonly string[]): number {
  const given = bound(value, key, path) ?? Infinity;
  if (given !== Infinity && (!Number.isSafeInteger(given) || given < 0)) throw refuse(path, `"${key}" is no count`);
  return given;
}

/** A member of the object itself, never of its prototype. */
function own(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(path: readonly string[], seen: string, hint?: string): SkillsError {
  const where = path.length === 0 ? "" : ` at "${showText(path.join("."))}"`;
  return new SkillsError("TOOL_SCHEMA", `Cannot use input schema${where}: ${seen}`, { hint });
}
