import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { b2, errorCode, toHex } from "../../../core/mod.ts";
import { buildStandalone, componentOfWat } from "../../../sandbox/mod.ts";
import {
  checkNamespace,
  declaredInterfaces,
  definitionOf,
  skillText,
  sourceFile,
  stableJson,
  type ToolVersion,
} from "../../../skills/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { openTools } from "./open-tools.ts";

/** `tool build`: the folder of a skill whose component does what the tool does. Packing and signing are a person's acts. */
export async function toolBuild(context: CommandContext, input: CommandInput): Promise<void> {
  const name = input.arg(0) ?? "";
  const shown = input.option("out") ?? "";
  const namespace = input.option("namespace") ?? "local";
  checkNamespace(namespace);
  const dir = resolve(context.cwd, shown);
  refuseOccupied(dir, shown);
  const { tools, installation } = await openTools(context);
  const version = tools.load(name);
  if (!context.json) context.output.note(`building ${name} v${version.entry.n} …`);
  const component = await componentOf(version, installation.facts.host.tmp);
  const files = skillFiles(version, { namespace, component });
  writeFolder(dir, files, toHex(context.system.random.bytes(6)));
  if (context.json) {
    context.output.json({
      v: 1,
      name,
      id: `${namespace}/${name}`,
      dir,
      component: { path: `component/${name}.wasm`, bytes: component.length, digest: b2(component) },
      files: files.map(({ path }) => path),
    });
    return;
  }
  context.output.text(`${shown}: skill ${namespace}/${name}, component of ${component.length} bytes`);
  context.output.note(
    basename(dir) === name
      ? `next: agentzero skill validate ${shown}, then skill pack and skill sign`
      : `the folder of a skill bears its name: rename it to "${name}" before skill validate and skill pack`,
  );
}

function componentOf({ entry, source }: ToolVersion, tmp: string): Promise<Uint8Array> {
  if (entry.language === "wat") return componentOfWat(source);
  return buildStandalone(source, { imports: declaredInterfaces(entry.permissions), tmp });
}

interface OutFile {
  readonly path: string;
  readonly bytes: Uint8Array | string;
}

function skillFiles(
  version: ToolVersion,
  { namespace, component }: { readonly namespace: string; readonly component: Uint8Array },
): readonly OutFile[] {
  const { entry: { name, n, language, inputSchema }, source } = version;
  const wasm = `component/${name}.wasm`;
  const body = [
    `Call the tool \`${name}\`. Its input is described in \`schema/input.json\`; its program is \`references/${
      sourceFile(language)
    }\`.`,
    "",
  ];
  const text = skillText(definitionOf(version), { id: `${namespace}/${name}`, version: `${n}.0.0`, wasm, body });
  return [
    { path: "SKILL.md", bytes: text },
    { path: wasm, bytes: component },
    { path: `references/${sourceFile(language)}`, bytes: source },
    { path: "schema/input.json", bytes: `${stableJson(inputSchema)}\n` },
  ];
}

function refuseOccupied(dir: string, shown: string): void {
  if (!existsSync(dir)) return;
  let names: readonly string[];
  try {
    names = readdirSync(dir);
  } catch {
    names = ["a file"];
  }
  if (names.length === 0) return;
  throw new CliError("WRITE_FAILED", `Cannot build into "${shown}": something is there already`, {
    hint: "name a folder that does not exist yet",
  });
}

/** The folder appears whole, or not at all. */
function writeFolder(dir: string, files: readonly OutFile[], token: string): void {
  const staged = `${dir}.${token}.new`;
  try {
    for (const { path, bytes } of files) {
      mkdirSync(dirname(join(staged, path)), { recursive: true });
      writeFileSync(join(staged, path), bytes);
    }
    rmSync(dir, { recursive: true, force: true });
    renameSync(staged, dir);
  } catch (cause) {
    rmSync(staged, { recursive: true, force: true });
    throw new CliError("WRITE_FAILED", `Cannot write "${dir}": ${errorCode(cause)}`, {
      hint: "check free space and permissions of its folder",
      cause,
    });
  }
}
