import { basename, dirname, join } from "node:path";
import { shape } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import { PERMISSIONS_SHAPE } from "./entry.ts";
import { permissionStrings } from "./permission-strings.ts";
import { sourceFile } from "./skill-text.ts";
import { readToolFile } from "./tool-files.ts";
import { folderNames } from "./tool-state.ts";
import { descriptionOf } from "./tool-version.ts";

const ENTRY = shape.object({
  name: shape.string(),
  language: shape.oneOf("javascript", "wat"),
  input_schema: shape.anything(),
  permissions: PERMISSIONS_SHAPE,
  examples: shape.anything(),
}, { others: "dropped" });

/**
 * Reads the files of a tool that somebody else registered as the definition that they claim to be. Nothing of it is
 * believed: it is checked, shown, approved and tried like any other, as text from a file.
 *
 * @param dir Folder of the tool, or of one of its versions.
 * @returns A definition as `tool generate` takes it.
 * @throws {SkillsError} `NOT_FOUND` when there is no such folder, `TOOL_SCHEMA` when its files are no tool.
 */
export function readForeignTool(dir: string): unknown {
  const folder = versionFolderIn(dir);
  const entry = ENTRY.safeParse(jsonOf(join(folder, "entry.json")));
  if (!entry.success) throw refused(folder, "its entry.json is no entry of a tool");
  const { name, language, input_schema, permissions, examples } = entry.data;
  const source = readToolFile(join(folder, sourceFile(language)));
  const text = readToolFile(join(folder, "SKILL.md"));
  if (source === null || text === null) throw refused(folder, `${sourceFile(language)} or SKILL.md is missing`);
  return {
    name,
    description: descriptionOf(new TextDecoder().decode(text)),
    language,
    source: new TextDecoder().decode(source),
    input_schema,
    permissions: permissionStrings(permissions),
    examples,
  };
}

function versionFolderIn(dir: string): string {
  const names = folderNames(dir);
  if (names.includes("entry.json")) return dir;
  const numbers = names.flatMap((name) => /^v([1-9]\d{0,8})$/.exec(name)?.[1] ?? []).map(Number);
  if (numbers.length === 0) {
    throw new SkillsError("NOT_FOUND", `Cannot read a tool from "${dir}": it holds no version`, {
      hint: "name the folder of a tool, e.g. .agentzero/skills/word-count",
    });
  }
  const active = jsonOf(join(dir, "active.json"));
  const claimed = typeof active === "object" && active !== null && "active" in active ? active.active : null;
  const n = typeof claimed === "number" && numbers.includes(claimed) ? claimed : Math.max(...numbers);
  return join(dir, `v${n}`);
}

function jsonOf(path: string): unknown {
  const bytes = readToolFile(path);
  try {
    return bytes === null ? null : JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

function refused(folder: string, why: string): SkillsError {
  const shown = join(basename(dirname(folder)), basename(folder));
  return new SkillsError("TOOL_SCHEMA", `Cannot make tool from "${shown}": ${why}`, {
    hint: "write its definition anew, and register that",
  });
}
