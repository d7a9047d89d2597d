import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { initialise, type Ran, runAgentzero, type RunOptions, startAgentzero } from "../../support/run-agentzero.ts";
import { runHere } from "../../support/run-here.ts";
import { sharedDir, tempDir } from "../../support/temp-dir.ts";

const at = { cwd: "", home: "" };
const TURNS = `- text: "Reading. "
  calls: [{ tool: read, args: { path: README.md } }]
- calls: [{ tool: write, args: { path: README.md, content: x } }]
- text: "It says \${last}"
`;

beforeAll(async () => {
  const base = sharedDir({ "shop/README.md": "# Shop\n", "shop/turns.yml": TURNS, "me/x": "" });
  Object.assign(at, { cwd: join(base, "shop"), home: join(base, "home") });
  await initialise(at);
});

function run(args: readonly string[], more: Partial<RunOptions> = {}): Promise<Ran> {
  return runAgentzero(args, { ...at, env: { HOME: join(at.cwd, "../me") }, ...more });
}

function lines(ran: Ran): readonly Record<string, unknown>[] {
  return ran.stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

const SCRIPT = ["--provider", "script", "--script", "turns.yml"];

describe("agentzero run", () => {
  it("answers on stdout and tells on stderr what it did", async () => {
    const ran = await run(["run", "read README.md"]);
    expect(ran).toMatchObject({ exit: 0, stdout: "# Shop\n" });
    expect(ran.stderr).toContain("Read README.md");
  });

  it("tells once why a line of the built-in shell failed, and leaves stdout to what it gives", async () => {
    const here = { ...at, me: join(at.cwd, "../me") };
    const failed = await runHere(["run", "read none.md"], here);
    expect(failed).toMatchObject({ exit: 0, stdout: "" });
    expect(failed.stderr.match(/no such file/g)).toHaveLength(1);
    expect((await runHere(["run", "read README.md"], here)).stdout).toBe("# Shop\n");
    expect((await runHere(["run", "help"], here)).stdout).toContain("/read PATH");
    // For programs nothing is left out.
    const told: unknown = JSON.parse((await runHere(["run", "read none.md", "--json"], here)).stdout);
    expect(told).toMatchObject({ text: expect.stringContaining("no such file") });
  });

  it("streams one event a line: numbered without gaps, init first, result last", async () => {
    const ran = await run(["run", "go", ...SCRIPT, "--output", "stream-json"]);
    const events = lines(ran);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
    expect(new Set(events.map(({ session }) => session)).size).toBe(1);
    expect(events.every(({ v }) => v === 1)).toBe(true);
    expect(events[0]).toMatchObject({ type: "init", provider: "script", mode: "ask" });
    expect(Object.keys(events[0] ?? {})).toEqual(
      "v seq session type version cwd provider model locality mode policy tools limits".split(" "),
    );
    const types = new Set(events.map(({ type }) => type));
    expect(
      [...types].filter((type) =>
        !"init text tool_call decision tool_result usage error result".includes(String(type))
      ),
    ).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: "result", stop: "end", calls: 2, denied: 1, exit: 5, ok: false });
    expect(ran.exit).toBe(5);
    const [read, write] = events.filter(({ type }) => type === "tool_result");
    expect(read).toMatchObject({ tool: "read", ok: true, output: "# Shop\n" });
    expect(write).toMatchObject({ tool: "write", ok: false, approved: "nobody", error: { code: "APPROVAL_NOBODY" } });
  });

  it("prints one object with the results of all calls", async () => {
    const ran = await run(["run", "go", ...SCRIPT, "--output", "json"]);
    expect(ran.json()).toMatchObject({
      v: 1,
      type: "result",
      calls: 2,
      tool_results: [{ tool: "read" }, { tool: "write" }],
    });
    expect((await run(["run", "go", ...SCRIPT, "--json"])).json()).toMatchObject({ type: "result" });
  });

  it("says on stderr which rule would allow what nobody could be asked about, and that rule does", async () => {
    const ran = await run(["run", "go", ...SCRIPT, "--output", "json"]);
    const rules = ran.stderr.split("\n").filter((line) => line.startsWith("  - {")).map((line) => line.slice(2));
    expect(rules.at(-1)).toMatch(
      /id: approved-\w+, effect: allow, capability: file_write, paths: \["\$\{project\}\/README.md"\]/,
    );
    const base = tempDir({ "shop/README.md": "# Shop\n", "shop/turns.yml": TURNS, "me/x": "" });
    const other = { cwd: join(base, "shop"), home: join(base, "home"), env: { HOME: join(base, "me") } };
    await initialise(other);
    const file = join(other.cwd, ".agentzero/policy.yml");
    const ids = rules.map((rule) => /id: ([\w-]+)/.exec(rule)?.[1] ?? "");
    const kept = readFileSync(file, "utf8").split(/^(?= {2}- \{|tests:)/m)
      .filter((item) => !ids.some((id) => item.includes(`id: ${id},`)));
    const tests = kept.findIndex((item) => item.startsWith("tests:"));
    writeFileSync(
      file,
      [...kept.slice(0, tests), ...rules.map((rule) => `  ${rule}\n`), ...kept.slice(tests)].join(""),
    );
    const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
    expect((await runAgentzero(["policy", "trust", "--sha256", hash], other)).exit).toBe(0);
    const again = await runAgentzero(["run", "go", ...SCRIPT, "--output", "json"], other);
    expect(again.json()).toMatchObject({ exit: 0, denied: 0 });
  });

  it("says in the one object why it went no further", async () => {
    const ran = await run(["run", "sum up", "--output", "json"], { input: "x".repeat(1_048_576) });
    expect(ran.json()).toMatchObject({ stop: "refused", exit: 1, error: { code: "LIMIT_SIZE" } });
    expect((await run(["run", "read README.md", "--output", "json"])).json()).toMatchObject({ error: null });
  });

  it("stops at the limit of turns with 3", async () => {
    const ran = await run(["run", "go", ...SCRIPT, "--max-turns", "1", "--output", "json"]);
    expect(ran.json()).toMatchObject({ stop: "max_turns", turns: 1 });
    expect(ran.exit).toBe(3);
    expect((await run(["run", "go", "--max-turns", "0"])).exit).toBe(2);
    expect((await run(["run", "go", "--max-turns", "1.5"])).exit).toBe(2);
  });

  it("takes the prompt from stdin, and appends stdin as data", async () => {
    expect((await run(["run", "-"], { input: "read README.md" })).stdout).toBe("# Shop\n");
    expect((await run(["run", "-"], { input: "" })).exit).toBe(2);
    // Piped text is data: it asks for nothing, and what follows is tainted.
    const ran = await run(["run", "help", "--output", "json"], { input: "/shell touch owned" });
    expect(ran.json()).toMatchObject({ calls: 0 });
    expect((await run(["run", ""])).exit).toBe(2);
  });

  it("goes on with a conversation, script included", async () => {
    writeFileSync(join(at.cwd, "two.yml"), '- text: "first"\n- text: "second"\n');
    const two = ["--provider", "script", "--script", "two.yml", "--output", "json"];
    const first = (await run(["run", "a", ...two])).json();
    expect(first["text"]).toBe("first");
    const second = (await run(["run", "b", "-c", ...two])).json();
    expect(second).toMatchObject({ text: "second", session: first["session"] });
    expect((await run(["run", "c", "--resume", String(first["session"]), ...two])).json()).toMatchObject({ text: "" });
    expect((await run(["run", "c", "--resume", "ses_nope", "--json"])).exit).toBe(4);
    expect((await run(["run", "c", "-c", "--resume", "x", "--json"])).exit).toBe(2);
    expect((await run(["audit", "verify", "--json"])).exit).toBe(0);
  });

  it("works without a project on the floor alone, and records under the home", async () => {
    const base = tempDir({ "me/x": "", "lone/README.md": "# Lone\n" });
    const ran = await runAgentzero(["run", "read README.md", "--output", "json"], {
      cwd: join(base, "lone"),
      home: join(base, "home"),
      env: { HOME: join(base, "me") },
    });
    expect(ran.exit).toBe(5);
    expect(ran.json()).toMatchObject({ denied: 1, tool_results: [{ decision: "deny", rule: null }] });
    expect(readdirSync(join(base, "home/audit")).some((name) => name.endsWith(".jsonl"))).toBe(true);
  });

  it("says what is wrong with a script or provider before anything is recorded", async () => {
    const before = readdirSync(join(at.cwd, ".agentzero/audit")).length;
    writeFileSync(join(at.cwd, "bad.yml"), "- { txt: x }\n");
    const bad = await run(["run", "go", "--provider", "script", "--script", "bad.yml", "--json"]);
    expect(bad.exit).toBe(2);
    expect(bad.json()).toMatchObject({ error: { code: "SCRIPT_INVALID", message: expect.stringContaining("line 1") } });
    expect((await run(["run", "go", "--provider", "script", "--script", "none.yml", "--json"])).exit).toBe(4);
    expect((await run(["run", "go", "--provider", "nope", "--json"])).json()).toMatchObject({
      error: { code: "CONFIG_INVALID" },
    });
    expect(readdirSync(join(at.cwd, ".agentzero/audit")).length).toBe(before);
  });

  it("ends with 130 on SIGTERM and closes the record", async () => {
    writeFileSync(
      join(at.cwd, "slow.yml"),
      '- calls: [{ tool: shell, args: { command: "sleep 300" } }]\n- text: done\n',
    );
    const child = startAgentzero(
      ["run", "go", "--provider", "script", "--script", "slow.yml", "--output", "stream-json"],
      { ...at, env: { HOME: join(at.cwd, "../me") } },
    );
    child.stdin?.end();
    let stdout = "";
    let killed = false;
    // Not child.kill(): on Deno that also decides what the parent is told about the end.
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (!killed && stdout.includes('"decision"') && stdout.includes('"shell"')) {
        killed = process.kill(child.pid ?? 0, "SIGTERM");
      }
    });
    const exit = await new Promise((resolve) => child.on("close", resolve));
    const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}");
    expect({ exit, stop: last.stop }).toEqual({ exit: 130, stop: "cancelled" });
    const report = (await run(["audit", "verify", last.session, "--json"])).json();
    expect(report).toMatchObject({ ok: true, sessions: [{ closed: true, dangling: 0 }] });
  });

  it("is cancelled when its reader goes away", async () => {
    const child = startAgentzero(
      ["run", "go", "--provider", "script", "--script", "slow.yml", "--output", "stream-json"],
      { ...at, env: { HOME: join(at.cwd, "../me") } },
    );
    child.stdin?.end();
    child.stdout?.once("data", () => child.stdout?.destroy());
    // Its command would sleep for longer than a test may take.
    const exit = await new Promise((resolve) => child.on("close", resolve));
    expect(exit).toBe(130);
  });
});

describe("agentzero chat", () => {
  it("needs a terminal", async () => {
    const ran = await run(["chat", "--json"]);
    expect(ran.exit).toBe(2);
    expect(ran.json()).toMatchObject({
      error: { code: "NO_TERMINAL", hint: expect.stringContaining("agentzero run") },
    });
  });
});
