import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { lookupProgram } from "../../sandbox/mod.ts";
import { type Engine, openEngine } from "../support/engine.ts";
import { recordOf } from "../support/record.ts";

const FILES = {
  "package.json": JSON.stringify({ name: "shop", version: "1.0.0", private: true, scripts: { test: "node --test" } }),
  "src/add.js": "exports.add = (a, b) => a + b;\n",
  "test/add.test.js":
    'const { test } = require("node:test");\nconst assert = require("node:assert");\nconst fs = require("node:fs");\nconst { add } = require("../src/add.js");\ntest("adds", () => {\n  assert.equal(add(1, 2), 3);\n  fs.mkdirSync("coverage", { recursive: true });\n  fs.writeFileSync("coverage/lcov.info", "TN:");\n});\n',
  ".gitignore": "node_modules/\n*.o\n",
  "Makefile": "hello: hello.o\n\tgcc -o hello hello.o\nhello.o: hello.c\n\tgcc -c -o hello.o hello.c\n",
  "hello.c": '#include <stdio.h>\nint main(void) { puts("hello from C"); return 0; }\n',
};

// Programs that commands do not find; the sandbox only has those of the system.
function missing(...programs: readonly string[]): string | null {
  const gone = programs.filter((program) => lookupProgram(program, []) === null);
  if (process.platform !== "linux") return "only Linux has this sandbox";
  return gone.length === 0 ? null : `${gone.join(" and ")} not among the system's programs`;
}

const without = { npm: missing("npm", "node"), git: missing("git"), gcc: missing("gcc", "make") };
for (const [name, why] of Object.entries(without)) {
  if (why !== null) process.stderr.write(`skipped: everyday work with ${name}: ${why}\n`);
}

// A normal project under the policy of `agentzero init`, and a person who says yes to what is asked.
async function project(files: Readonly<Record<string, string>> = {}): Promise<Engine> {
  const setUp = await openEngine({ files: { ...FILES, ...files } });
  writeFileSync(join(dirname(setUp.home), ".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.com\n");
  return await openEngine({ beside: setUp, person: "yes" });
}

// The paths of the only question; it shows changes, never the command.
function askedPaths(engine: Engine, at = 0): readonly string[] {
  expect(engine.questions.length).toBe(at + 1);
  const preview = engine.questions[at]?.preview;
  if (preview?.kind !== "changes") throw new Error("the question was about the command");
  return preview.changes.map(({ path }) => path);
}

function git(cwd: string, ...args: readonly string[]): string {
  const ran = spawnSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", ...args], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd, GIT_CONFIG_NOSYSTEM: "1" },
  });
  if (ran.status !== 0) throw new Error(`git ${args[0]}: ${ran.stderr}`);
  return ran.stdout;
}

describe("under the policy of `agentzero init`", () => {
  it.skipIf(without.npm !== null)(
    "`npm test` runs without any question, and keeps its reports",
    async () => {
      const engine = await project();
      const ran = await engine.call("shell", { command: "npm test" });
      expect(ran).toMatchObject({ ok: true, exit: 0, decision: "allow", approved: null });
      expect(ran.output).toMatch(/pass 1/);
      expect(engine.questions).toEqual([]);
      expect(ran.changes).toMatchObject([{ path: "coverage/lcov.info", kept: true, decision: "allow" }]);
      expect(existsSync(join(engine.project, "coverage/lcov.info"))).toBe(true);
    },
  );

  it.skipIf(without.npm !== null)("a failing `npm test` fails, and is no denial", async () => {
    const engine = await project({ "src/add.js": "exports.add = () => 4;\n" });
    const ran = await engine.call("shell", { command: "npm test" });
    expect(ran).toMatchObject({ ok: false, decision: "allow", error: { code: "COMMAND_FAILED" } });
    expect(engine.questions).toEqual([]);
  });

  it.skipIf(without.gcc !== null)(
    "`make` compiles C, asks once with what would stay, and what it built runs",
    async () => {
      const engine = await project();
      const built = await engine.call("shell", { command: "make" });
      expect(built).toMatchObject({ ok: true, exit: 0, decision: "allow", approved: "once" });
      expect(askedPaths(engine)).toEqual(["hello", "hello.o"]);
      expect(engine.questions[0]?.preview).toMatchObject({ changes: [{ path: "hello", runsLater: true }, {}] });
      const ran = await engine.call("shell", { command: "./hello && make" });
      expect(ran).toMatchObject({ ok: true, changes: [] });
      expect(ran.output).toContain("hello from C");
      expect(ran.output).toContain("up to date");
      expect(engine.questions.length).toBe(1);
    },
  );

  it.skipIf(without.git !== null)("`git commit` asks once, for the repository as a whole", async () => {
    const engine = await project();
    git(engine.project, "init", "-q");
    git(engine.project, "add", ".gitignore", "hello.c");
    git(engine.project, "commit", "-q", "-m", "first");
    const ran = await engine.call("shell", {
      command: "git add -A . ':!.agentzero' && git commit -q -m 'second thing'",
    });
    expect(ran).toMatchObject({ ok: true, exit: 0, decision: "allow", approved: "once" });
    expect(askedPaths(engine)).toEqual([".git"]);
    expect(git(engine.project, "log", "--format=%an %s")).toBe("Ada second thing\nAda first\n");
    expect(git(engine.project, "status", "--porcelain", "--", ".", ":!.agentzero")).toBe("");
    git(engine.project, "fsck", "--strict");
    const looked = await engine.call("shell", {
      command: "git log --oneline | wc -l; git diff HEAD~1 --stat | tail -1",
    });
    expect(looked).toMatchObject({ ok: true, changes: [] });
    expect(engine.questions.length).toBe(1);
  });

  it.skipIf(without.npm !== null)(
    "`npm ci` installs from a local cache, asks for the install and once for what stays",
    async () => {
      const engine = await project();
      const lock = makeCache(engine.project);
      writeFileSync(join(engine.project, "package-lock.json"), JSON.stringify(lock));
      writeFileSync(join(engine.project, "package.json"), JSON.stringify({ ...lock.packages[""], scripts: {} }));
      const command = "cp -r cache /tmp/cache && npm ci --offline --no-audit --no-fund --cache /tmp/cache";
      const ran = await engine.call("shell", { command });
      expect(ran.output).toContain("added 1 package");
      expect(ran).toMatchObject({ ok: true, exit: 0, rule: "install", approved: "once" });
      expect(askedPaths(engine, 1)).toContain("node_modules/tiny-add/index.js");
      expect(readFileSync(join(engine.project, "node_modules/tiny-add/index.js"), "utf8")).toContain("a + b");
      const used = await engine.call("shell", { argv: ["node", "-p", 'require("tiny-add")(2, 3)'] });
      expect(used).toMatchObject({ ok: true, output: "5\n" });
      expect(engine.questions.length).toBe(2);
    },
  );

  it("leaves one decision of the command and one of its changes on record, each before its effect", async () => {
    const engine = await project();
    const ran = await engine.call("shell", { command: "echo x >made" });
    const events = (await recordOf(engine)).filter(({ call }) => call === ran.call);
    expect(events.map(({ event, action, decision, approval }) => [event, action ?? approval?.answer, decision]))
      .toEqual([
        ["intent", "shell", "allow"],
        ["intent", "keep changes", "requires_approval"],
        ["approval", "allow", undefined],
        ["result", undefined, undefined],
        ["result", undefined, undefined],
      ]);
  });
});

interface Lock {
  readonly lockfileVersion: number;
  readonly requires: boolean;
  readonly packages: { readonly "": Readonly<Record<string, unknown>> } & Readonly<Record<string, unknown>>;
}

// Packs a package and puts it into a cache, as an earlier install with a network would have done.
function makeCache(folder: string): Lock {
  const source = join(dirname(folder), "tiny-add");
  mkdirSync(source);
  writeFileSync(join(source, "package.json"), JSON.stringify({ name: "tiny-add", version: "1.0.0", main: "index.js" }));
  writeFileSync(join(source, "index.js"), "module.exports = (a, b) => a + b;\n");
  const home = { PATH: process.env["PATH"] ?? "", HOME: dirname(folder), npm_config_update_notifier: "false" };
  const packed = npm(["pack", "--json", "--pack-destination", dirname(folder)], { cwd: source, env: home });
  const [{ filename, integrity } = { filename: "", integrity: "" }] = JSON.parse(packed) as {
    filename: string;
    integrity: string;
  }[];
  npm(["cache", "add", join(dirname(folder), filename), "--cache", join(folder, "cache")], { cwd: source, env: home });
  const root = { name: "shop", version: "1.0.0", dependencies: { "tiny-add": "1.0.0" } };
  const resolved = `https://packages.example.invalid/${filename}`;
  return {
    ...root,
    lockfileVersion: 3,
    requires: true,
    packages: { "": root, "node_modules/tiny-add": { version: "1.0.0", resolved, integrity } },
  };
}

function npm(
  args: readonly string[],
  at: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): string {
  const ran = spawnSync("npm", args, { ...at, encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`npm ${args[0]}: ${ran.stderr}`);
  return ran.stdout;
}
