// Packs the package, puts it into an empty folder with what it depends on, and nothing else, and runs it there on Node
// and on Deno: `npm run pack:check` (build first: `npm run build`). The dependencies come from `npm install --offline`
// where npm's cache has them, else as links to those of this repository: exactly the ones of the lock, none of the
// developer's.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { lockedPackages } from "./lock-packages.ts";
import { packPackage, ROOT } from "./packed-files.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "az-pack-")));
try {
  check(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function check(base: string): void {
  const { filename, size, files } = packPackage(base);
  say(`${filename}: ${files.length} files, ${(size / 1e6).toFixed(1)} MB`);
  const place = join(base, "empty");
  mkdirSync(place);
  writeFileSync(join(place, "package.json"), '{ "name": "empty", "private": true }\n');
  const archive = join(base, filename);
  const flags = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"];
  const installed = spawnSync("npm", ["install", ...flags, archive], { cwd: place, encoding: "utf8" });
  if (installed.status === 0) say("installed by npm, offline");
  else {
    say("npm's cache does not have every dependency: linked instead");
    rmSync(join(place, "node_modules"), { recursive: true, force: true });
    unpackAndLink(place, archive);
  }
  const entry = join(place, "node_modules", "agentzero", "dist", "cli", "bin.js");
  const deno = join(ROOT, "node_modules", ".bin", "deno");
  for (const [name, runtime] of [["Node", [process.execPath]], ["Deno", [deno, "run", "-A"]]] as const) {
    tryOut(join(base, name), { name, runtime, entry });
  }
}

/** What npm does, without npm: the archive unpacked, and links to the production dependencies of the lock. */
function unpackAndLink(place: string, archive: string): void {
  const own = join(place, "node_modules", "agentzero");
  mkdirSync(own, { recursive: true });
  must(["tar", "-xzf", archive, "--strip-components=1", "-C", own], { cwd: place });
  for (const { name } of lockedPackages()) {
    const [from, to] = [join(ROOT, "node_modules", name), join(place, "node_modules", name)];
    if (!existsSync(from) || existsSync(to)) continue;
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(realpathSync(from), to);
  }
}

interface Door {
  readonly name: string;
  readonly runtime: readonly string[];
  readonly entry: string;
}

function tryOut(base: string, { name, runtime, entry }: Door): void {
  const cwd = join(base, "project");
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, "README.md"), "# Packed\n");
  const env = { PATH: process.env["PATH"], HOME: base, AGENTZERO_HOME: join(base, "home"), NO_COLOR: "1" };
  function run(...args: readonly string[]): string {
    return must([...runtime, entry, ...args], { cwd, env });
  }
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly version: string };
  if (run("--version").trim() !== version) throw new Error(`${name}: --version is not ${version}`);
  run("init");
  const read = JSON.parse(run("call", "read", '{"path":"README.md"}', "--json")) as { readonly status?: unknown };
  if (!JSON.stringify(read).includes("# Packed")) throw new Error(`${name}: read gave ${JSON.stringify(read)}`);
  const verified = JSON.parse(run("audit", "verify", "--all", "--json")) as { readonly ok?: unknown };
  if (verified.ok !== true) throw new Error(`${name}: the record does not verify`);
  // The engine component and the built-in skills came along, and the transpiler is found.
  run("skill", "run", "license-check", "--json");
  say(`${name}: --version, init, call read, audit verify, skill run: ok`);
}

function must(
  words: readonly string[],
  at: { readonly cwd: string; readonly env?: Readonly<Record<string, string | undefined>> },
): string {
  const [program = "", ...args] = words;
  const ran = spawnSync(program, args, { ...at, encoding: "utf8", timeout: 120_000 });
  if (ran.status !== 0) throw new Error(`${words.join(" ")} ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
