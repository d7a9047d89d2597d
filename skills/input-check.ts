import { showText } from "./visible-text.ts";

/** The types of JSON Schema. */
export const TYPE_NAMES = ["string", "number", "integer", "boolean", "object", "array", "null"] as const;
/** One of {@link TYPE_NAMES}. */
export type TypeName = (typeof TYPE_NAMES)[number];

/** One part of a compiled schema. */
export interface SchemaNode {
  readonly types: readonly TypeName[];
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly required: readonly string[];
  readonly others: boolean | SchemaNode;
  readonly items: SchemaNode | null;
  readonly values: readonly unknown[] | null;
  readonly minimum: number;
  readonly maximum: number;
  readonly maxLength: number;
  readonly maxItems: number;
}

/**
 * Checks a value. Looks at nothing but own members, and never shows the value.
 *
 * @param root The compiled schema.
 * @param value Untrusted.
 * @returns What is wrong with the first part that does not fit, or `null`.
 */
export function checkInput(root: SchemaNode, value: unknown): string | null {
  return checkValue(root, value, []);
}

function checkValue(node: SchemaNode, value: unknown, path: readonly string[]): string | null {
  const type = typeOf(value);
  if (type === null || !fitsType(node.types, type, value)) {
    return `${at(path)} is ${type === null ? "no JSON value" : article(type)}, not ${
      node.types.map(article).join(" or ")
    }`;
  }
  if (node.values !== null && !node.values.includes(value)) return `${at(path)} is none of the values allowed`;
  if (typeof value === "number") {
    if (value < node.minimum) return `${at(path)} is less than ${node.minimum}`;
    return value > node.maximum ? `${at(path)} is more than ${node.maximum}` : null;
  }
  if (typeof value === "string") {
    return value.length > node.maxLength && Array.from(value).length > node.maxLength
      ? `${at(path)} is longer than ${node.maxLength} characters`
      : null;
  }
  if (Array.isArray(value)) return checkArray(node, value, path);
  return isObject(value) ? checkObject(node, value, path) : null;
}

function checkArray(node: SchemaNode, value: readonly unknown[], path: readonly string[]): string | null {
  if (value.length > node.maxItems) return `${at(path)} has more than ${node.maxItems} entries`;
  if (node.items === null) return null;
  for (const [index, item] of value.entries()) {
    const problem = checkValue(node.items, item, [...path, String(index)]);
    if (problem !== null) return problem;
  }
  return null;
}

function checkObject(
  node: SchemaNode,
  value: Readonly<Record<string, unknown>>,
  path: readonly string[],
): string | null {
  const missing = node.required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at([...path, missing])} is missing`;
  for (const [name, member] of Object.entries(value)) {
    const rule = node.properties.get(name) ?? node.others;
    if (rule === false) return `${at([...path, name])} is unknown`;
    const problem = rule === true ? null : checkValue(rule, member, [...path, name]);
    if (problem !== null) return problem;
  }
  return null;
}

function typeOf(value: unknown): TypeName | null {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "number":
      return Number.isFinite(value) ? "number" : null;
    case "object":
      return "object";
    default:
      return null;
  }
}

function fitsType(types: readonly TypeName[], type: TypeName, value: unknown): boolean {
  return types.includes(type) || (type === "number" && types.includes("integer") && Number.isInteger(value));
}

function article(type: TypeName): string {
  return type === "null" ? "null" : /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`;
}

function at(path: readonly string[]): string {
  return path.length === 0 ? "the input" : `"${showText(path.join("."))}"`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
