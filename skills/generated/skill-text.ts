import type { SkillPermissions } from "../../core/mod.ts";
import { TOOL_WORLD } from "../permission-atoms.ts";
import type { ToolDefinition } from "./definition.ts";
import { stableJson } from "./stable-json.ts";

/** The namespace of the ids of generated tools; a person gives another one when a tool is built into a skill. */
export const GENERATED_NAMESPACE = "generated";

/**
 * Writes the `SKILL.md` of one version of a generated tool: secure keys, without a component of its own.
 *
 * @param definition The tool.
 * @param n Number of the version.
 * @returns The text; equal definitions have equal texts.
 */
export function generatedSkillText(definition: ToolDefinition, n: number): string {
  const { name, language, inputSchema } = definition;
  const file = sourceFile(language);
  const body = [
    `A tool that was written in this project and runs in the WASM sandbox. Its program is \`${file}\`.`,
    "",
    "Input:",
    "",
    "```json",
    escaped(stableJson(inputSchema)),
    "```",
    "",
  ];
  return skillText(definition, { id: `${GENERATED_NAMESPACE}/${name}`, version: `${n}.0.0`, wasm: null, body });
}

/**
 * Writes the `SKILL.md` of a tool with its header.
 *
 * @param definition The tool.
 * @param of Id, version, path of the component or `null`, and the lines of the body.
 * @returns The text.
 */
export function skillText(
  definition: ToolDefinition,
  of: {
    readonly id: string;
    readonly version: string;
    readonly wasm: string | null;
    readonly body: readonly string[];
  },
): string {
  const { name, description, permissions } = definition;
  const keys: readonly (readonly [string, string | undefined])[] = [
    ["version", of.version],
    ["az.spec", "1"],
    ["az.id", of.id],
    ["az.runtime", "wasm-sandbox"],
    ["az.world", TOOL_WORLD],
    ["az.wasm", of.wasm ?? undefined],
    ["az.perm.fs.read", permissions["fs.read"]],
    ["az.perm.fs.write", permissions["fs.write"]],
    ["az.perm.net", permissions.net],
    ["az.perm.secret", permissions.secret],
    ["az.limits", permissions.limits],
  ];
  return [
    "---",
    `name: ${name}`,
    `description: ${quoted(description)}`,
    "metadata:",
    ...keys.filter(([, text]) => text !== undefined && text !== "none").map(([key, text = ""]) =>
      `  ${key}: ${quoted(text)}`
    ),
    "---",
    ...of.body,
  ].join("\n");
}

/** Name of the file that holds the program. */
export function sourceFile(language: ToolDefinition["language"]): string {
  return language === "javascript" ? "tool.js" : "tool.wat";
}

/** Names the interfaces of `az:host` that permissions call for. */
export function declaredInterfaces(permissions: SkillPermissions): readonly ("filesystem" | "http" | "secrets")[] {
  return [
    ...(permissions["fs.read"].length + permissions["fs.write"].length > 0 ? ["filesystem" as const] : []),
    ...(permissions.net.length > 0 ? ["http" as const] : []),
    ...(permissions.secret.length > 0 ? ["secrets" as const] : []),
  ];
}

// A JSON string without control characters is a YAML double-quoted scalar.
function quoted(text: string): string {
  return JSON.stringify(text);
}

// What a person cannot see may not stand in a SKILL.md; in JSON it can be spelled out.
function escaped(json: string): string {
  return json.replaceAll(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (char) =>
      [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
}
