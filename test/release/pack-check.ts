// Packs the package, checks what is in it, installs it from the archive into an empty folder, and uses it there on each
// runtime that is promised: `npm run pack:check` (build first: `npm run build`). `-- --only node24,deno` chooses.
// Node versions and dependencies come from npm, from its cache where it has them. Without npm's registry the
// dependencies are copies of those of this repository, exactly the ones of the lock; a runtime that cannot be had is a
// failure.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { lockedPackages } from "./lock-packages.ts";
import { packedFaults } from "./packed-faults.ts";
import { packPackage, ROOT } from "./packed-files.ts";
import { findRuntime, RUNTIMES } from "./runtimes.ts";
import { tryPackage } from "./try-package.ts";

const { values } = parseArgs({ options: { only: { type: "string" } } });
const chosen = values.only?.split(",") ?? RUNTIMES.map(({ name }) => name);
const unknown = chosen.filter((name) => RUNTIMES.every((each) => each.name !== name));
if (unknown.length > 0) {
  say(`unknown: ${unknown.join(", ")}; there are ${RUNTIMES.map(({ name }) => name).join(", ")}`);
  process.exitCode = 2;
} else {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "az-pack-")));
  try {
    process.exitCode = check(base) ? 0 : 1;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function check(base: string): boolean {
  const { filename, size, files } = packPackage(base);
  const faults = packedFaults({ paths: files.map(({ path }) => path), size });
  say(`${filename}: ${files.length} files, ${(size / 1e6).toFixed(1)} MB, ${faults.length} faults`);
  for (const fault of faults) say(`  ${fault}`);
  const place = join(base, "empty");
  install(place, join(base, filename));
  let passed = faults.length === 0;
  for (const runtime of RUNTIMES.filter(({ name }) => chosen.includes(name))) {
    const found = findRuntime(runtime, base);
    if ("problem" in found) {
      say(`${runtime.name}: NOT RUN: ${found.problem}`);
      passed = false;
      continue;
    }
    try {
      const tried = tryPackage({ name: runtime.name, words: found.words, place }, join(base, `${runtime.name}-user`));
      say(`${runtime.name} ${versionOf(found.words)}: ok: ${tried.join(", ")}`);
    } catch (cause) {
      say(
        `${runtime.name} ${versionOf(found.words)}: FAILED: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
      passed = false;
    }
  }
  say(passed ? "passed" : "failed");
  return passed;
}

function install(place: string, archive: string): void {
  mkdirSync(place);
  writeFileSync(join(place, "package.json"), '{ "name": "empty", "private": true }\n');
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"];
  const installed = spawnSync("npm", ["install", ...flags, archive], { cwd: place, encoding: "utf8" });
  if (installed.status === 0) return say("installed by npm");
  say("npm cannot get every dependency: copied instead");
  rmSync(join(place, "node_modules"), { recursive: true, force: true });
  unpackAndCopy(place, archive);
}

/** What npm does, without npm: the archive unpacked, and copies of the production dependencies of the lock. */
function unpackAndCopy(place: string, archive: string): void {
  const own = join(place, "node_modules", "agentzero");
  mkdirSync(own, { recursive: true });
  const ran = spawnSync("tar", ["-xzf", archive, "--strip-components=1", "-C", own], { encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`tar ended with ${ran.status}: ${ran.stderr}`);
  for (const { name } of lockedPackages()) {
    const [from, to] = [join(ROOT, "node_modules", name), join(place, "node_modules", name)];
    if (!existsSync(from) || existsSync(to)) continue;
    mkdirSync(dirname(to), { recursive: true });
    cpSync(realpathSync(from), to, { recursive: true, verbatimSymlinks: true });
  }
}

function versionOf(words: readonly string[]): string {
  const [program = ""] = words;
  return /\d+\.\d+\.\d+/.exec(spawnSync(program, ["--version"], { encoding: "utf8" }).stdout)?.[0] ?? "";
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
