import { join } from "node:path";
import { b2, checkOwnFolder, type Digest, digestOf, type SkillActor } from "../../core/mod.ts";
import { compileInputSchema, type InputSchema } from "../input-schema.ts";
import type { ToolDefinition } from "./definition.ts";
import { readEntry, type ToolEntryRecord } from "./entry.ts";
import { permissionStrings } from "./permission-strings.ts";
import { type GeneratedPlace, type RegisteredVersion, versionFolder } from "./place.ts";
import { readDefinition } from "./read-definition.ts";
import { openTool } from "./seal.ts";
import { sourceFile } from "./skill-text.ts";
import { readToolFile } from "./tool-files.ts";

/** A version of a tool whose files are the ones that were registered: the very buffers that were checked. */
export interface ToolVersion {
  /** How it was registered. */
  readonly entry: ToolEntryRecord;
  /** What the author says it does; untrusted. */
  readonly description: string;
  /** The program. */
  readonly source: string;
  /** `SKILL.md`. */
  readonly text: string;
  /** What its input must look like. */
  readonly input: InputSchema;
  /** On whose behalf its actions are proposed. */
  readonly actor: SkillActor;
}

/**
 * Reads a version and checks every file against the entry, and the entry against `active.json` and its MAC.
 *
 * @param place Project and key.
 * @param name Name of the tool.
 * @param version Which one, as `active.json` has it.
 * @returns The version; `null` when any byte of it is not what was registered.
 */
export function readVersion(place: GeneratedPlace, name: string, version: RegisteredVersion): ToolVersion | null {
  const folder = versionFolder(place.project, name, version.n);
  // Links are not followed, wherever they lead: the bytes are looked at here, and again by whoever reads the folder.
  if (checkOwnFolder(folder, false).kind !== "ok") return null;
  const sealed = readToolFile(join(folder, "entry.json"));
  if (sealed === null || b2(sealed) !== version.entry) return null;
  const content = openTool(place, { kind: "generated-entry", name }, new TextDecoder().decode(sealed));
  const entry = content === null ? null : readEntry(content);
  if (entry === null || entry.name !== name || entry.n !== version.n) return null;
  const source = readToolFile(join(folder, sourceFile(entry.language)));
  const text = readToolFile(join(folder, "SKILL.md"));
  if (source === null || text === null || b2(source) !== entry.source || b2(text) !== entry.text) return null;
  const skillMd = new TextDecoder().decode(text);
  return {
    entry,
    description: descriptionOf(skillMd),
    source: new TextDecoder().decode(source),
    text: skillMd,
    input: compileInputSchema(entry.inputSchema),
    actor: actorOf(place.project, entry),
  };
}

/**
 * Names a version as an actor: its digest covers program, texts and permissions, so that an approval is for exactly them.
 *
 * @param project Real path of the project.
 * @param version What decides what it is.
 * @returns The actor of its run and of its host calls.
 */
export function actorOf(
  project: string,
  version: Pick<ToolEntryRecord, "name" | "n" | "language" | "source" | "text" | "permissions" | "perm">,
): SkillActor {
  const { name, n, language, source, text, permissions, perm } = version;
  return {
    id: `generated:${name}`,
    version: `v${n}`,
    publisher: null,
    digest: toolDigest({ name, n, language, source, text, perm }),
    trust: "generated",
    permissions,
    roots: { workspace: project },
  };
}

function toolDigest(parts: Readonly<Record<string, unknown>>): Digest {
  return digestOf({ v: 1, ...parts });
}

/**
 * Gives a version back as the definition that it was made of.
 *
 * @param version A version.
 * @returns The definition.
 */
export function definitionOf(
  { entry, description, source }: Pick<ToolVersion, "entry" | "description" | "source">,
): ToolDefinition {
  const { name, language, inputSchema: input_schema, permissions, examples } = entry;
  const strings = permissionStrings(permissions);
  return readDefinition({ name, description, language, source, input_schema, permissions: strings, examples })
    .definition;
}

/**
 * Finds the description in a `SKILL.md` of a generated tool: a JSON string in its third line.
 *
 * @param skillMd The text.
 * @returns The description; empty where there is none.
 */
export function descriptionOf(skillMd: string): string {
  const line = skillMd.split("\n", 3)[2] ?? "";
  try {
    const text: unknown = line.startsWith("description: ") ? JSON.parse(line.slice("description: ".length)) : "";
    return typeof text === "string" ? text : "";
  } catch {
    return "";
  }
}
