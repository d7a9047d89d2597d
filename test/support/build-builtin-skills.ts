import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { b2, loadSodium } from "../../core/mod.ts";
import { buildStandalone, inspectComponent } from "../../sandbox/mod.ts";
import { packFolder, readContent } from "../../skills/mod.ts";

// The built-in skills are kept as packages: two builds of a component differ in some hundred bytes, start values that the
// builder takes from its clock and random numbers (measured: 125 of 1,007,921). So what was built once is pinned.
//
//   node test/support/build-builtin-skills.ts          builds the packages anew and writes the pins
//   node test/support/build-builtin-skills.ts --dist   checks the packages against the pins and puts them into `dist`

const root = fileURLToPath(new URL("../../skills/builtin/", import.meta.url));
const NAMES = ["repo-security-audit", "license-check", "dependency-audit"];
/** Sources of a component in the order in which they are put together; one text, one function `run`. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  "license-check": ["shared/files.js", "shared/locks.js", "license-check/run.js"],
  "dependency-audit": [
    "shared/files.js",
    "shared/locks.js",
    "dependency-audit/advisories.js",
    "dependency-audit/run.js",
  ],
};

async function pack(name: string, tmp: string): Promise<{ readonly file: string; readonly archive: Uint8Array }> {
  const folder = join(tmp, name);
  mkdirSync(join(folder, "schema"), { recursive: true });
  for (const path of ["SKILL.md", "schema/input.json"]) cpSync(join(root, name, path), join(folder, path));
  const sources = SOURCES[name];
  if (sources !== undefined) {
    const source = sources.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
    mkdirSync(join(folder, "component"));
    mkdirSync(join(folder, "references"));
    writeFileSync(join(folder, "references/source.js"), source);
    const component = await buildStandalone(source, { imports: ["filesystem"], tmp });
    writeFileSync(join(folder, `component/${name}.wasm`), component);
  }
  const packed = await packFolder(folder, { seq: null, previous: null, inspect: inspectComponent });
  return { file: packed.fileName, archive: packed.archive };
}

async function build(): Promise<void> {
  const tmp = mkdtempSync(join(tmpdir(), "az-skills-"));
  const lines: string[] = [];
  try {
    for (const name of NAMES) {
      const { file, archive } = await pack(name, tmp);
      for (const old of readdirSync(root)) {
        if (old.startsWith(`${name}-`) && old.endsWith(".azs")) rmSync(join(root, old));
      }
      writeFileSync(join(root, file), archive);
      lines.push(pinOf(file, archive));
    }
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
  const head = readFileSync(join(root, "../builtin-pins.ts"), "utf8").split("= [")[0] ?? "";
  writeFileSync(join(root, "../builtin-pins.ts"), `${head}= [\n${lines.join("")}];\n`);
}

function pinOf(file: string, archive: Uint8Array): string {
  const content = readContent(archive, b2(archive));
  const fields: Readonly<Record<string, string>> = {
    name: content.md.name,
    version: content.header.version,
    runtime: content.header.runtime,
    description: content.md.description,
    file,
    digest: content.digest,
    perm: content.header.perm,
    fingerprint: content.fingerprint,
  };
  return `  {\n${
    Object.entries(fields).map(([key, value]) => `    ${key}: ${JSON.stringify(value)},\n`).join("")
  }  },\n`;
}

async function copy(): Promise<void> {
  const { BUILTIN_PINS } = await import("../../skills/builtin-pins.ts");
  const target = fileURLToPath(new URL("../../dist/skills/builtin/", import.meta.url));
  mkdirSync(target, { recursive: true });
  for (const { file, digest } of BUILTIN_PINS) {
    const bytes = readFileSync(join(root, file));
    if (b2(bytes) !== digest) throw new Error(`${file} is not what skills/builtin-pins.ts says: npm run build:skills`);
    writeFileSync(join(target, file), bytes);
  }
}

await loadSodium();
await (process.argv.includes("--dist") ? copy() : build());
