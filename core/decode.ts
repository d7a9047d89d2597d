import type { Misfit } from "./decoded.ts";
import { CoreError } from "./errors.ts";
import { nearestName } from "./nearest-name.ts";
import type { Shape } from "./shape.ts";

/**
 * Decodes an unknown value by its shape; the one place where arguments from elsewhere become typed.
 *
 * @example
 * ```ts
 * const args = decode(shape.object({ path: shape.string() }), JSON.parse(text), 'arguments of "read"');
 * ```
 * @param shape What is expected.
 * @param value Anything.
 * @param what How to call the value in the message.
 * @returns The decoded value.
 * @throws {CoreError} `ARGS_INVALID` that names the first key at fault, and the nearest known one for an unknown key.
 */
export function decode<T>(shape: Shape<T>, value: unknown, what: string): T {
  const decoded = shape.safeParse(value);
  if (decoded.success) return decoded.data;
  const [issue] = decoded.error.issues;
  throw new CoreError(
    "ARGS_INVALID",
    `Cannot read ${what}: ${issue === undefined ? "it does not fit" : describe(issue)}`,
    { hint: issue === undefined ? undefined : hintFor(shape.fields, issue) },
  );
}

function describe(issue: Misfit): string {
  if (issue.code === "unrecognized_keys") return `unknown key ${issue.keys.map(quote).join(", ")}`;
  return issue.path.length === 0 ? issue.message : `${quote(issue.path.join("."))}: ${issue.message}`;
}

function hintFor(known: readonly string[], issue: Misfit): string | undefined {
  if (known.length === 0) return undefined;
  const [unknown] = issue.path.length > 0 ? [] : issue.keys;
  const near = unknown === undefined ? null : nearestName(unknown, known);
  return near === null ? `known keys: ${known.join(", ")}` : `did you mean ${quote(near)}?`;
}

function quote(text: string): string {
  return `"${text.slice(0, 64)}"`;
}
