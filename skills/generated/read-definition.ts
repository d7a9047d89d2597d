import { AgentZeroError, b2, decode, type JsonSchema, shape, type SkillPermissions } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import { compileInputSchema, type InputSchema } from "../input-schema.ts";
import { TOOL_WORLD } from "../permission-atoms.ts";
import { compilePermissions, permDigest } from "../permissions.ts";
import { findInvisible, lineOf } from "../visible-text.ts";
import {
  type CheckedDefinition,
  TOOL_BOUNDS,
  type ToolDefinition,
  type ToolExample,
  type ToolMock,
} from "./definition.ts";
import { isDeeper } from "./stable-json.ts";
import { checkToolName } from "./tool-name.ts";

const MAX_DEPTH = 48;

const MOCK = shape.object({
  call: shape.string({ min: 1, max: 64 }),
  args: shape.optional(shape.anything()),
  result: shape.anything(),
});
const EXAMPLE = shape.object({
  input: shape.anything(),
  output: shape.optional(shape.anything()),
  error: shape.optional(shape.string({ min: 1, max: 1000 })),
  mocks: shape.optional(shape.list(MOCK, { max: TOOL_BOUNDS.mocks })),
});
const PERMISSIONS = shape.object({
  "fs.read": shape.optional(shape.string({ max: 16_384 })),
  "fs.write": shape.optional(shape.string({ max: 16_384 })),
  net: shape.optional(shape.string({ max: 16_384 })),
  secret: shape.optional(shape.string({ max: 16_384 })),
  limits: shape.optional(shape.string({ max: 1024 })),
});

const DEFINITION = shape.object({
  name: shape.string(),
  // Counted in characters below.
  description: shape.string({ min: 1, max: TOOL_BOUNDS.description * 2 }),
  language: shape.oneOf("javascript", "wat"),
  source: shape.string({ min: 1 }),
  input_schema: shape.anything(),
  permissions: shape.optional(PERMISSIONS),
  examples: shape.list(EXAMPLE, { min: 1, max: TOOL_BOUNDS.examples }),
});

/** JSON Schema of what {@link readDefinition} takes, for models. */
export const DEFINITION_SCHEMA: JsonSchema = DEFINITION.schema;

/**
 * Reads the definition of a tool and does every check that needs no sandbox.
 *
 * @example
 * ```ts
 * const { definition, perm } = readDefinition(JSON.parse(text), (name) => library.find(name)?.source ?? null);
 * ```
 * @param value Decoded JSON, untrusted.
 * @param holder Says who holds a name already (an installed skill), or `null`.
 * @returns The definition and what was derived from it.
 * @throws {SkillsError} `TOOL_NAME` for the name, `TOOL_SCHEMA` for everything else.
 */
export function readDefinition(value: unknown, holder?: (name: string) => string | null): CheckedDefinition {
  const given = typeof value === "object" && value !== null && "name" in value ? value.name : undefined;
  const name = checkToolName(given, holder);
  const fields = inSchema(() => decode(DEFINITION, value, `definition of "${name}"`));
  const { description, language, input_schema: inputSchema } = fields;
  const permissions = Object.fromEntries(
    Object.entries(fields.permissions ?? {}).filter(([, text]) => text !== undefined),
  );
  // Line ends of an editor are no change of the program.
  const source = fields.source.replaceAll("\r\n", "\n");
  checkDescription(description);
  checkSource(source);
  checkSize("input_schema", inputSchema, TOOL_BOUNDS.schemaBytes);
  checkSize("examples", fields.examples, TOOL_BOUNDS.examplesBytes);
  const schema = compileInputSchema(inputSchema);
  const compiled = compileToolPermissions(permissions);
  const examples = fields.examples.map((example, at) => readExample(example, at, schema));
  const definition: ToolDefinition = {
    name,
    description,
    language,
    source,
    inputSchema: schema.schema,
    permissions,
    examples,
  };
  return { definition, compiled, perm: permDigest(compiled), source: b2(source) };
}

/**
 * Compiles the permissions of a generated tool.
 *
 * @param permissions Token strings.
 * @returns The compiled object, runtime `wasm-sandbox`.
 * @throws {SkillsError} `TOOL_SCHEMA`.
 */
export function compileToolPermissions(permissions: ToolDefinition["permissions"]): SkillPermissions {
  return inSchema(() => compilePermissions({ ...permissions, runtime: "wasm-sandbox", world: TOOL_WORLD }));
}

function readExample(
  given: shape.Output<typeof EXAMPLE>,
  at: number,
  schema: InputSchema,
): ToolExample {
  const where = `examples[${at}]`;
  const { input, error } = given;
  const hasOutput = Object.hasOwn(given, "output");
  if (hasOutput === (error !== undefined)) {
    throw refused(`${where} must have either "output" or "error"`, 'e.g. { "input": …, "output": … }');
  }
  const misfit = schema.check(input);
  if (misfit !== null) throw refused(`the input of ${where} does not fit input_schema: ${misfit}`, "mend one of them");
  return {
    input,
    expect: error === undefined ? { output: given.output } : { error },
    mocks: (given.mocks ?? []).map(readMock),
  };
}

function readMock({ call, args, result }: shape.Output<typeof MOCK>): ToolMock {
  return { call, args: args === undefined ? [] : Array.isArray(args) ? args : [args], result };
}

function checkDescription(text: string): void {
  const { length } = Array.from(text);
  if (length > TOOL_BOUNDS.description) {
    throw refused(`description has ${length} characters, at most ${TOOL_BOUNDS.description} are allowed`, "shorten it");
  }
  const invisible = findInvisible(text);
  if (/[\n\t]/.test(text) || invisible !== null) {
    throw refused(`description has ${invisible?.name ?? "a line break or tab"}`, "write one line of visible text");
  }
  if (text.trim() === "") throw refused("description is blank", "say what the tool does and when to use it");
}

function checkSource(source: string): void {
  const bytes = Buffer.byteLength(source);
  if (bytes > TOOL_BOUNDS.sourceBytes) {
    throw refused(`source has ${bytes} bytes, at most ${TOOL_BOUNDS.sourceBytes} are allowed`, "make it shorter");
  }
  // Threat: a person approves what they see; bidi controls and zero widths make a program read otherwise than it runs.
  const hit = findInvisible(source);
  if (hit !== null) {
    throw refused(
      `source has the invisible character ${hit.name} in line ${lineOf(source, hit.at)}`,
      "write it as an escape, e.g. \\u200B",
    );
  }
}

function checkSize(what: string, value: unknown, maxBytes: number): void {
  if (isDeeper(value, MAX_DEPTH)) throw refused(`${what} is nested deeper than ${MAX_DEPTH} levels`, "make it flatter");
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? "");
  if (bytes > maxBytes) throw refused(`${what} has ${bytes} bytes, at most ${maxBytes} are allowed`, "make it smaller");
}

// One code for all that is wrong with a definition: the message says what, in the words of the part that found it.
function inSchema<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof AgentZeroError)) throw cause;
    throw new SkillsError("TOOL_SCHEMA", cause.message, { hint: cause.hint, cause });
  }
}

function refused(why: string, hint: string): SkillsError {
  return new SkillsError("TOOL_SCHEMA", `Cannot make tool: ${why}`, { hint });
}
