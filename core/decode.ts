import type { z } from "zod";
import { CoreError } from "./errors.ts";
import { nearestName } from "./nearest-name.ts";

/**
 * Decodes an unknown value by a zod schema; the one place where foreign data becomes typed.
 *
 * @example
 * ```ts
 * const args = decode(z.strictObject({ path: z.string() }), JSON.parse(text), 'arguments of "read"');
 * ```
 * @param schema A strict schema.
 * @param value Anything.
 * @param what How to call the value in the message.
 * @returns The decoded value.
 * @throws {CoreError} `ARGS_INVALID` that names the first key at fault, and the nearest known one for an unknown key.
 */
export function decode<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const decoded = schema.safeParse(value);
  if (decoded.success) return decoded.data;
  const { issues } = decoded.error;
  // A misspelled key also shows up as a missing one: the misspelling is what helps.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const hint = issue === undefined ? undefined : hintFor(schema, issue);
  throw new CoreError(
    "ARGS_INVALID",
    `Cannot read ${what}: ${issue === undefined ? "it does not fit" : describe(issue)}`,
    {
      hint,
    },
  );
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `unknown key ${issue.keys.map(quote).join(", ")}`;
  const message = issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  return issue.path.length === 0 ? message : `${quote(issue.path.map(String).join("."))}: ${message}`;
}

function hintFor(schema: z.ZodType, issue: z.core.$ZodIssue): string | undefined {
  const known = keysOf(schema);
  if (known.length === 0) return undefined;
  if (issue.code !== "unrecognized_keys" || issue.path.length > 0) return `known keys: ${known.join(", ")}`;
  const [unknown] = issue.keys;
  const near = unknown === undefined ? null : nearestName(unknown, known);
  return near === null ? `known keys: ${known.join(", ")}` : `did you mean ${quote(near)}?`;
}

function keysOf(schema: z.ZodType): readonly string[] {
  const shape: unknown = "shape" in schema ? schema.shape : null;
  return typeof shape === "object" && shape !== null ? Object.keys(shape) : [];
}

function quote(text: string): string {
  return `"${text.slice(0, 64)}"`;
}
