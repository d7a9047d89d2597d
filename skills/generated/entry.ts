import { type Digest, isDigest, shape, type SkillPermissions } from "../../core/mod.ts";
import type { ToolDefinition, ToolLanguage } from "./definition.ts";
import { permDigest } from "../permissions.ts";

/** How a tool came to be, for the record. */
export interface ToolOrigin {
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Session in which it was made. */
  readonly session: string;
  /** Call that made it. */
  readonly call: string;
  /** Had untrusted text been read before it was written? */
  readonly tainted: boolean;
  /** Names of the untrusted texts. */
  readonly readBefore: readonly string[];
  /** How far the approval reaches; `null` where a rule allowed it without a question. */
  readonly approval: "once" | "session" | "package" | null;
}

/** One version of a tool as `entry.json` keeps it. */
export interface ToolEntryRecord extends ToolOrigin {
  /** What the tool is called by. */
  readonly name: string;
  /** Number of the version, from 1. */
  readonly n: number;
  /** What it is written in. */
  readonly language: ToolLanguage;
  /** Digest of the program. */
  readonly source: Digest;
  /** Digest of `SKILL.md`. */
  readonly text: Digest;
  /** What its input must look like. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** Compiled. */
  readonly permissions: SkillPermissions;
  /** Digest of the permissions. */
  readonly perm: Digest;
  /** Digest of the component that its examples ran in: the script engine, or what the WAT module became. */
  readonly engine: Digest;
  /** As they were written. */
  readonly examples: readonly unknown[];
}

const DIGEST = shape.guarded(isDigest, "a digest");
const ATOMS = shape.list(shape.string());
/** Compiled permissions as JSON. */
export const PERMISSIONS_SHAPE: shape.Shape<SkillPermissions> = shape.object({
  v: shape.guarded((value): value is 1 => value === 1, "1"),
  runtime: shape.string(),
  world: shape.nullable(shape.string()),
  "fs.read": ATOMS,
  "fs.write": ATOMS,
  net: shape.list(shape.object({ methods: ATOMS, origin: shape.string(), path: shape.string() })),
  secret: shape.list(shape.object({ handle: shape.string(), origin: shape.string(), slot: shape.string() })),
  exec: ATOMS,
  limits: shape.record(shape.string(), shape.integer({ min: 0 })),
});
const ENTRY = shape.object({
  v: shape.integer({ min: 1, max: 1 }),
  name: shape.string(),
  n: shape.integer({ min: 1 }),
  language: shape.oneOf("javascript", "wat"),
  source: DIGEST,
  text: DIGEST,
  input_schema: shape.record(shape.string(), shape.anything()),
  permissions: PERMISSIONS_SHAPE,
  perm: DIGEST,
  engine: DIGEST,
  examples: shape.list(shape.anything()),
  created: shape.integer({ min: 0 }),
  session: shape.string(),
  call: shape.string(),
  tainted: shape.flag(),
  read_before: shape.list(shape.string()),
  approval: shape.nullable(shape.oneOf("once", "session", "package")),
});

/** The content of `entry.json` without its MAC. */
export function entryContent(entry: ToolEntryRecord): Readonly<Record<string, unknown>> {
  const { inputSchema, readBefore, ...plain } = entry;
  return { v: 1, ...plain, input_schema: inputSchema, read_before: readBefore };
}

/**
 * Decodes the content of an `entry.json` whose MAC held.
 *
 * @param content The object.
 * @returns The entry, or `null` when it is not what this version writes.
 */
export function readEntry(content: unknown): ToolEntryRecord | null {
  const decoded = ENTRY.safeParse(content);
  if (!decoded.success) return null;
  const { v: _v, input_schema: inputSchema, read_before: readBefore, ...plain } = decoded.data;
  return permDigest(plain.permissions) === plain.perm ? { ...plain, inputSchema, readBefore } : null;
}

/** Writes examples as they stand in a definition. */
export function examplesJson(examples: ToolDefinition["examples"]): readonly unknown[] {
  return examples.map(({ input, expect, mocks }) => ({
    input,
    ...expect,
    ...(mocks.length === 0 ? {} : { mocks: mocks.map(({ call, args, result }) => ({ call, args, result })) }),
  }));
}
