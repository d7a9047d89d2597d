import { type GrantedSkill, type InputSchema, parseInputSchema } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";

const SCHEMA_PATH = "schema/input.json";
const ANY_OBJECT: Readonly<Record<string, unknown>> = { type: "object", additionalProperties: true };

/**
 * Gives the schema of what a skill takes, for a model.
 *
 * @param skill The skill.
 * @returns Its own `schema/input.json`, or any object.
 * @throws {SkillsError} `TOOL_SCHEMA` when the file is none.
 */
export function inputSchemaOf(skill: GrantedSkill): Readonly<Record<string, unknown>> {
  return schemaOf(skill)?.schema ?? ANY_OBJECT;
}

/**
 * Refuses an input that a skill does not take.
 *
 * @param skill The skill.
 * @param input The arguments of the call.
 * @throws {SessionError} `ARGS_INVALID`.
 */
export function checkInput(skill: GrantedSkill, input: unknown): void {
  const schema = schemaOf(skill);
  const fault = schema === null
    ? (typeof input === "object" && input !== null && !Array.isArray(input) ? null : "it is no JSON object")
    : schema.check(input);
  if (fault === null) return;
  throw new SessionError("ARGS_INVALID", `Cannot run "${skill.name}" with this input: ${fault}`, {
    hint: schema === null ? "pass an object, e.g. {}" : `its schema is the file skill:${skill.name}/${SCHEMA_PATH}`,
  });
}

function schemaOf(skill: GrantedSkill): InputSchema | null {
  const bytes = skill.file(SCHEMA_PATH);
  return bytes === null ? null : parseInputSchema(bytes);
}
