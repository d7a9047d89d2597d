import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import { runtimeProblem } from "../../cli/runtime-check.ts";
import { VERSION } from "../../cli/version.ts";
import { ENTRY, runAgentzero, startAgentzero } from "../support/run-agentzero.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A Node of this machine that is too old to run agentzero, or `null`. */
function oldNode(): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter).concat("/usr/bin", "/usr/local/bin")) {
    const node = join(folder, "node");
    if (folder === "" || !existsSync(node)) continue;
    const version = execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).trim();
    if (runtimeProblem({ node: version }) !== null) return node;
  }
  return null;
}

const OLD = oldNode();

const DENO = fileURLToPath(new URL("../../node_modules/.bin/deno", import.meta.url));

describe("agentzero", () => {
  it("says on a Deno without permissions how to start it", async () => {
    const runtime = [DENO, "run", "--no-prompt"];
    const ran = await runAgentzero(["init", "--json"], { cwd: tempDir(), runtime });
    expect([ran.exit, ran.json()["error"]]).toEqual([2, expect.objectContaining({ code: "RUNTIME_PERMISSION" })]);
    expect(ran.stdout).toContain("deno run -A");
  });

  test.for(
    [
      [["--allow-env"], "--allow-read --allow-write --allow-sys --allow-run --allow-net --allow-ffi --allow-import"],
      [["-A", "--deny-net"], "--allow-net"],
      [["-A", "--deny-read=/etc"], "--allow-read"],
    ] as const,
  )("says on a Deno started with %j which flags are missing, whatever the command", async ([flags, missing]) => {
    const runtime = [DENO, "run", "--no-prompt", ...flags];
    const ran = await runAgentzero(["doctor"], { cwd: tempDir(), runtime });
    expect([ran.exit, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toMatch(
      /^error: Cannot run: Deno was started without .*\n {2}do: {2}start it with `deno run -A`/u,
    );
    expect(ran.stderr.split("\n")[0]).toBe(`error: Cannot run: Deno was started without ${missing}`);
  });

  it("helps with a command of a group as the option does, and knows which there are", async () => {
    const cwd = tempDir();
    const asked = await Promise.all(
      [["help", "tool", "run"], ["tool", "run", "--help"]].map((args) => runAgentzero(args, { cwd })),
    );
    expect(asked[0]).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining("Usage: agentzero tool run"),
      stderr: "",
    });
    expect(asked[0]?.stdout).toBe(asked[1]?.stdout);
    expect(await runAgentzero(["help", "docter"], { cwd })).toMatchObject({
      exit: 2,
      stdout: "",
      stderr: expect.stringContaining('unknown command "docter"'),
    });
  });

  it("prints its version, and nothing else", async () => {
    const cwd = tempDir();
    expect(await runAgentzero(["--version"], { cwd })).toMatchObject({ exit: 0, stdout: `${VERSION}\n`, stderr: "" });
    expect((await runAgentzero(["--version", "--json"], { cwd })).json()).toEqual({ v: 1, version: VERSION });
  });

  test.for(
    [
      ["an unknown command", ["docter"], 'unknown command "docter"', "did you mean doctor?"],
      ["help for an unknown command", ["docter", "--help"], 'unknown command "docter"', "did you mean doctor?"],
      ["help for an unknown command of a group", ["policy", "chekc", "-h"], 'unknown command "chekc"', "did you mean"],
      ["an unknown option", ["run", "x", "--modle", "y"], 'unknown option "--modle"', "did you mean --model?"],
      ["a missing argument", ["call"], 'missing required argument "tool"', "agentzero call --help"],
      ["a missing value", ["run", "x", "--model"], "argument missing", "agentzero run --help"],
      ["too many arguments", ["completions", "bash", "x"], "too many arguments", "agentzero completions --help"],
      ["a value that is no choice", ["completions", "tcsh"], '"tcsh" is no value of <shell>', 'did you mean "bash"?'],
      ["JSON that is none", ["call", "read", "{path}"], "not JSON", "an object"],
    ] as const,
  )("refuses %s with 2, says what was meant, and answers --json on stdout", async ([, args, seen, hint]) => {
    const cwd = tempDir();
    const [plain, json] = await Promise.all([runAgentzero(args, { cwd }), runAgentzero([...args, "--json"], { cwd })]);
    expect(plain).toMatchObject({ exit: 2, stdout: "" });
    expect(plain.stderr).toMatch(/^error: Cannot /);
    expect(plain.stderr).toContain(seen);
    expect(plain.stderr).toContain(hint);
    expect(json).toMatchObject({ exit: 2, stderr: "" });
    expect(json.json()).toMatchObject({ v: 1, error: { code: "USAGE", hint: expect.stringContaining(hint) } });
  });

  it("shows help with 0 where it was asked for, and with 2 where a command is missing", async () => {
    const cwd = tempDir();
    const asked = await runAgentzero(["--help"], { cwd });
    expect(asked.exit).toBe(0);
    expect(asked.stdout).toContain("Usage: agentzero");
    expect(await runAgentzero(["help", "run"], { cwd })).toMatchObject({ exit: 0 });
    const missing = await runAgentzero([], { cwd });
    expect(missing).toMatchObject({ exit: 2, stdout: "" });
    expect(missing.stderr).toContain("Usage: agentzero");
    expect((await runAgentzero(["--json"], { cwd })).json()).toMatchObject({ error: { code: "USAGE" } });
  });

  it("refuses a folder that does not exist with 4", async () => {
    const cwd = tempDir();
    const ran = await runAgentzero(["call", "read", "{}", "--cwd", "nowhere", "--json"], { cwd });
    expect(ran.exit).toBe(4);
    expect(ran.json()).toMatchObject({ error: { code: "NOT_FOUND" } });
  });

  it("says where a project is missing with 4", async () => {
    const cwd = tempDir();
    mkdirSync(join(cwd, "shop"));
    const ran = await runAgentzero(["call", "read", '{"path":"a"}', "--cwd", "shop", "--json"], { cwd });
    expect(ran.exit).toBe(4);
    expect(ran.json()).toMatchObject({
      error: { code: "NO_PROJECT", hint: expect.stringContaining("agentzero init") },
    });
    expect(existsSync(join(cwd, ".agentzero"))).toBe(false);
  });

  it("refuses a linked .agentzero with 7", async () => {
    const cwd = tempDir();
    mkdirSync(join(cwd, "shop"));
    symlinkSync("/tmp", join(cwd, "shop/.agentzero"));
    const ran = await runAgentzero(["call", "read", '{"path":"a"}', "--cwd", "shop", "--json"], { cwd });
    expect(ran.exit).toBe(7);
  });

  it("ends quietly when its reader goes away", async () => {
    const child = startAgentzero(["--help"], { cwd: tempDir() });
    child.stdout?.destroy();
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
    await new Promise((resolve) => child.on("close", resolve));
    expect(stderr).toBe("");
  });

  it.skipIf(!existsSync("/dev/full"))("does not call it a success when the result could not be written", async () => {
    const full = openSync("/dev/full", "w");
    const child = startAgentzero(["completions", "bash"], { cwd: tempDir() }, ["ignore", full, "pipe"]);
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
    const exit = await new Promise((resolve) => child.on("close", resolve));
    closeSync(full);
    expect({ exit, said: stderr.startsWith("error: Cannot ") }).toEqual({ exit: 1, said: true });
  });

  it.skipIf(!existsSync("/dev/full"))("says so of a reply, too, and calls it no interruption", async () => {
    const full = openSync("/dev/full", "w");
    const child = startAgentzero(["run", "help", "--provider", "builtin"], { cwd: tempDir() }, [
      "ignore",
      full,
      "pipe",
    ]);
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
    const exit = await new Promise((resolve) => child.on("close", resolve));
    closeSync(full);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining("Cannot write the result: ENOSPC") });
  });

  it.skipIf(OLD === null)("goes on with the tool chain's Node where the machine's is too old", async () => {
    const cwd = tempDir();
    const runtime = [OLD ?? ""];
    const [version, good, bad] = await Promise.all([
      runAgentzero(["--version"], { cwd, runtime }),
      runAgentzero(["completions", "bash"], { cwd, runtime }),
      runAgentzero(["completions", "tcsh", "--json"], { cwd, runtime }),
    ]);
    expect(version).toMatchObject({ exit: 0, stdout: `${VERSION}\n` });
    expect(good.exit).toBe(0);
    expect(good.stdout).toContain("complete -F _agentzero agentzero");
    expect(bad.exit).toBe(2);
    expect(bad.json()).toMatchObject({ error: { code: "USAGE" } });
  });

  it.skipIf(OLD === null)("says what to do where there is no newer Node", async () => {
    const cwd = tempDir();
    // A copy of the entry point without a tool chain beside it.
    execFileSync("cp", ["-r", join(ENTRY, "../.."), join(cwd, "dist")]);
    const done = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      const child = startAgentzero(["doctor"], {
        cwd,
        runtime: [
          OLD ?? "",
          "--input-type=module",
          "-e",
          `
        process.argv.splice(1, 1); await import(${JSON.stringify(join(cwd, "dist/cli/bin.js"))})`,
        ],
      });
      let stderr = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
      child.on("close", (code) => resolve({ code, stderr }));
    });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("Cannot run on Node");
    expect(done.stderr).toContain("do:");
  });
});

describe("runtimeProblem()", () => {
  test.for(
    [
      [{ node: "22.18.0" }, true],
      [{ node: "24.0.0" }, true],
      [{ node: "22.17.9" }, false],
      [{ node: "20.20.2" }, false],
      [{ node: "24.0.0", deno: "2.5.0" }, true],
      [{ node: "24.0.0", deno: "2.4.9" }, false],
      [{}, false],
    ] as const,
  )("judges %j", ([versions, fine]) => expect(runtimeProblem(versions) === null).toBe(fine));
});
