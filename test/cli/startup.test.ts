import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runAgentzero } from "../support/run-agentzero.ts";
import { tempDir } from "../support/temp-dir.ts";

const onDeno = "Deno" in globalThis;

// Writes the address of every module that was loaded into $LOADED.
const WATCH = `data:text/javascript,${
  encodeURIComponent(`import { registerHooks } from "node:module"; import { writeFileSync } from "node:fs";
const loaded = [];
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
process.on("exit", () => writeFileSync(process.env.LOADED, JSON.stringify(loaded)));`)
}`;

/** Runs a command in a fresh project and gives the modules it loaded, by folder and file, or by package. */
async function loadedBy(args: readonly string[]): Promise<readonly string[]> {
  const base = tempDir({ "project/a.txt": "hello\n" });
  const cwd = join(base, "project");
  const home = join(base, "home");
  const list = join(base, "loaded.json");
  const env = { HOME: base };
  expect(await runAgentzero(["init"], { cwd, home, env })).toMatchObject({ exit: 0 });
  // The first call compiles the policy: it is the later ones that count.
  expect(await runAgentzero(args, { cwd, home, env })).toMatchObject({ exit: 0 });
  writeFileSync(list, "[]");
  const runtime = [process.execPath, "--import", WATCH];
  expect(await runAgentzero(args, { cwd, home, runtime, env: { ...env, LOADED: list } })).toMatchObject({
    exit: 0,
    stderr: "",
  });
  const urls: unknown = JSON.parse(readFileSync(list, "utf8"));
  return (Array.isArray(urls) ? urls : []).map((url) => String(url).replace(/^.*\/(?:dist|node_modules)\//, ""));
}

describe("a start", () => {
  // What a module costs: a fifth of a millisecond to find, read and compile; whole packages cost tens.
  it.skipIf(onDeno)("loads for one read no more than it needs", async () => {
    const loaded = await loadedBy(["call", "read", '{"path":"a.txt"}']);
    expect(loaded).toContain("session/gate.js");
    const doors = loaded.filter((name) => name.endsWith("/mod.js"));
    expect(doors, "dist comes from tsc alone: npm run build").toEqual([]);
    const heavy =
      /^(?:zod|yaml|unbash|diff|marked|@secretlint|@ai-sdk|@bytecodealliance|@agentclientprotocol)\/|^node:https?$/;
    expect(loaded.filter((name) => heavy.test(name))).toEqual([]);
    const others = loaded.filter((name) =>
      /^(?:policy\/(?:lint|load-document|actions\/shell)|sandbox\/(?:process\/run-command|wasm\/(?!wasm-limits))|session\/(?:loop|transcript|http\/exchange))/
        .test(name)
    );
    expect(others).toEqual([]);
    expect(loaded.filter((name) => !name.startsWith("node:")).length).toBeLessThan(340);
  });

  it.skipIf(onDeno)("loads for the version nothing but the version", async () => {
    expect((await loadedBy(["--version"])).filter((name) => name.startsWith("cli/"))).toEqual([
      "cli/bin.js",
      "cli/version.js",
    ]);
  });
});
