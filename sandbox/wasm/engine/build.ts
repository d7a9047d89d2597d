import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { b2, type Digest, digestOf, loadSodium } from "../../../core/mod.ts";
import { buildEngine, SHIM_FOLDER } from "../build-guest.ts";
import { ENGINE_INTERFACES, guestEntry } from "../guest-entry.ts";
import { ENGINE_PIN } from "../engine-pin.ts";

// The engine is a build product that is kept: two builds of the same sources differ in some hundred bytes, start values
// that the builder takes from its clock and random numbers. So what was built once is pinned by digest, next to a digest
// of what it was built from; whoever changes the shim or the world builds it anew and the pin with it.
//
//   node sandbox/wasm/engine/build.ts          build if the sources changed, write the pin
//   node sandbox/wasm/engine/build.ts --dist   check, and put it into `dist`; builds nothing

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The digest of all that the engine is made of: shim, entry, world, builder. Comments and layout of the WIT do not count. */
export async function engineInputs(): Promise<Digest> {
  await loadSodium();
  const shim = readdirSync(SHIM_FOLDER).filter((name) => name.endsWith(".js")).toSorted();
  const wit = readdirSync(join(root, "wit")).filter((name) => name.endsWith(".wit")).toSorted();
  return digestOf({
    v: 1,
    shim: shim.map((name) => ({ name, b2: b2(readFileSync(join(SHIM_FOLDER, name))) })),
    entry: b2(guestEntry(ENGINE_INTERFACES, null)),
    wit: wit.map((name) => ({ name, text: bareWit(readFileSync(join(root, "wit", name), "utf8")) })),
    builder: builderVersion(),
  });
}

function bareWit(text: string): string {
  return text.replaceAll(/\/\/.*$/gm, "").replaceAll(/\s+/g, " ").trim();
}

function builderVersion(): string {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  return `componentize-qjs ${dependencies["componentize-qjs"]}`;
}

/** The committed engine, if it is what the pin says. */
function keptEngine(): Uint8Array | null {
  const file = join(here, "engine.wasm");
  if (!existsSync(file)) return null;
  const bytes = readFileSync(file);
  return b2(bytes) === ENGINE_PIN.digest ? bytes : null;
}

async function rebuild(inputs: Digest): Promise<void> {
  const bytes = await buildEngine();
  writeFileSync(join(here, "engine.wasm.new"), bytes);
  renameSync(join(here, "engine.wasm.new"), join(here, "engine.wasm"));
  const pin = readFileSync(join(here, "../engine-pin.ts"), "utf8")
    .replace(/digest: "[^"]*"/u, `digest: "${b2(bytes)}"`)
    .replace(/inputs: "[^"]*"/u, `inputs: "${inputs}"`)
    .replace(/bytes: [\d_]+/u, `bytes: ${String(bytes.length).replaceAll(/\B(?=(?:\d{3})+$)/gu, "_")}`);
  writeFileSync(join(here, "../engine-pin.ts"), pin);
}

/** Puts the engine, and the shim that `tool build` needs, where the compiled modules look for them. */
function copyToDist(): void {
  const to = join(root, "dist/sandbox/wasm/engine");
  mkdirSync(to, { recursive: true });
  cpSync(join(here, "engine.wasm"), join(to, "engine.wasm"));
  cpSync(SHIM_FOLDER, join(to, "shim"), { recursive: true });
}

async function main(words: readonly string[]): Promise<string | null> {
  const inputs = await engineInputs();
  const fits = inputs === ENGINE_PIN.inputs && keptEngine() !== null;
  if (!words.includes("--dist")) {
    if (!fits) await rebuild(inputs);
    return null;
  }
  if (!fits) return "Cannot build: the script engine is not made of these sources; run npm run build:engine";
  copyToDist();
  return null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = await main(process.argv.slice(2));
  if (problem !== null) {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 1;
  }
}
