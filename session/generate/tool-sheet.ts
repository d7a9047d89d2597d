import type { PreviewChange, SkillPermissions } from "../../core/mod.ts";
import { definitionOf, type PlannedVersion, sourceFile, stableJson, type ToolDefinition } from "../../skills/mod.ts";

/** What a question about a tool shows. */
export interface ToolQuestion {
  readonly definition: ToolDefinition;
  readonly compiled: SkillPermissions;
  readonly plan: PlannedVersion;
  /** Names of untrusted texts that were read before it was written. */
  readonly readBefore: readonly string[];
}

/**
 * Shows a tool as two changes: a sheet of what it is and may do, and its source, each beside the active version.
 *
 * @param question The tool and the version that it would become.
 * @returns The sheet first.
 */
export function toolChanges(question: ToolQuestion): readonly PreviewChange[] {
  const { definition, compiled, plan: { n, before } } = question;
  const folder = `.agentzero/skills/${definition.name}/v${n}`;
  const active = before === null ? null : definitionOf(before);
  const sheet = toolSheet(definition, compiled, question.readBefore);
  const activeSheet = before === null || active === null
    ? null
    : toolSheet(active, before.entry.permissions, before.entry.readBefore);
  return [
    change(`${folder}/SKILL.md`, activeSheet, sheet),
    change(`${folder}/${sourceFile(definition.language)}`, before?.source ?? null, definition.source),
  ];
}

function change(path: string, before: string | null, after: string): PreviewChange {
  const kind = before === null ? "create" : "modify";
  return { path, kind, runsLater: false, before, after, bytes: Buffer.byteLength(after) };
}

/**
 * Writes what a tool is and may do, one line a permission.
 *
 * @param definition The tool.
 * @param permissions Its permissions, compiled.
 * @param readBefore Names of untrusted texts.
 * @returns Lines of text.
 */
export function toolSheet(
  definition: ToolDefinition,
  permissions: SkillPermissions,
  readBefore: readonly string[],
): string {
  const { name, description, language, inputSchema, examples } = definition;
  const atoms = atomLines(permissions);
  return [
    `tool: ${name} (${language})`,
    `description: ${description}`,
    ...(atoms.length === 0 ? ["may do nothing but compute"] : atoms.map((line) => `may ${line}`)),
    ...warnings(permissions).map((line) => `WARNING: ${line}`),
    ...Object.entries(permissions.limits).map(([key, value]) => `limit: ${key}=${value}`),
    `input: ${stableJson(inputSchema)}`,
    ...examples.map(({ input, expect, mocks }) => {
      const wanted = "error" in expect ? `error with "${expect.error}"` : stableJson(expect.output);
      return `example: ${stableJson(input)} -> ${wanted}${mocks.length === 0 ? "" : ` (${mocks.length} mocks)`}`;
    }),
    ...readBefore.map((source) => `READ BEFORE: ${source}`),
    "",
  ].join("\n");
}

function atomLines(permissions: SkillPermissions): readonly string[] {
  return [
    ...permissions["fs.read"].map((atom) => `read ${atom}`),
    ...permissions["fs.write"].map((atom) => `write ${atom}`),
    ...permissions.net.map(({ methods, origin, path }) => `send ${methods.join(",")} ${origin}${path}`),
    ...permissions.secret.map(({ handle, origin, slot }) => `use ${handle} for ${origin} as ${slot}`),
  ];
}

function warnings(permissions: SkillPermissions): readonly string[] {
  const wide = [...permissions["fs.read"], ...permissions["fs.write"]].filter((atom) =>
    /^workspace:\*+(?:\/\*+)*$/u.test(atom)
  );
  return [
    ...wide.map((atom) => `"${atom}" is the whole project`),
    ...(permissions["fs.read"].length > 0 && permissions.net.length > 0 ? ["it reads files and can send"] : []),
  ];
}
