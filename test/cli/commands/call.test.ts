import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, test } from "vitest";
import { initialise, type Ran, runAgentzero } from "../../support/run-agentzero.ts";
import { sharedDir } from "../../support/temp-dir.ts";

const at = { cwd: "", home: "" };

beforeAll(async () => {
  const base = sharedDir({ "shop/README.md": "# Shop\n", "shop/.env": "TOKEN=fake-token-fake-token\n", "me/x": "" });
  Object.assign(at, { cwd: join(base, "shop"), home: join(base, "home") });
  await initialise(at);
});

function run(...args: readonly string[]): Promise<Ran> {
  return runAgentzero(args, { ...at, env: { HOME: join(at.cwd, "../me") } });
}

function call(tool: string, args: unknown, ...more: readonly string[]): Promise<Ran> {
  return run("call", tool, JSON.stringify(args), "--json", ...more);
}

describe("agentzero call", () => {
  it("prints one object in the order of the contract", async () => {
    const ran = await call("read", { path: "README.md" });
    expect(ran).toMatchObject({ exit: 0, stderr: "" });
    const result = ran.json();
    expect(Object.keys(result)).toEqual(
      ("v session call tool tier decision rule layer reason approved ok output error trust truncated redactions audit ms")
        .split(" "),
    );
    expect(result).toMatchObject({
      v: 1,
      tool: "read",
      tier: "host-readonly",
      decision: "allow",
      rule: "read-project",
      approved: null,
      ok: true,
      output: "# Shop\n",
      error: null,
      trust: "file",
    });
    expect(String((result["audit"] as Record<string, unknown>)["file"])).toMatch(
      /^\.agentzero\/audit\/ses_[0-9A-Z]{26}\.jsonl$/,
    );
  });

  it("prints the output on stdout and nothing else", async () => {
    expect(await run("call", "read", '{"path":"README.md"}')).toMatchObject({
      exit: 0,
      stdout: "# Shop\n",
      stderr: "",
    });
  });

  it("makes what a file holds harmless for a terminal", async () => {
    writeFileSync(join(at.cwd, "odd.txt"), "a\u001b]0;x\u0007\u202eb\r\n");
    expect((await run("call", "read", '{"path":"odd.txt"}')).stdout).toBe("a\\u{1b}]0;x\\u{7}\\u{202e}b\n");
    expect((await call("read", { path: "odd.txt" })).json()).toMatchObject({ output: "a\u001b]0;x\u0007\u202eb\r\n" });
  });

  test.for(
    [
      ["a file of secrets", "read", { path: ".env" }, "no-secret-files"],
      ["a file elsewhere", "read", { path: "/etc/hostname" }, null],
      ["its own state", "write", { path: ".agentzero/policy.yml", content: "x" }, "floor.own-state"],
      ["a foreign host", "fetch", { url: "https://example.net/" }, null],
    ] as const,
  )("denies %s with 5, on record", async ([, tool, args, rule]) => {
    const ran = await call(tool, args, "--approve");
    expect(ran.exit).toBe(5);
    expect(ran.json()).toMatchObject({
      ok: false,
      decision: "deny",
      rule,
      output: null,
      error: { code: expect.any(String) },
    });
    expect(ran.json()["audit"]).toMatchObject({ intent: expect.any(Number) });
  });

  it("reads a link only where it leads", async () => {
    symlinkSync(join(at.cwd, ".env"), join(at.cwd, "innocent.txt"));
    expect((await call("read", { path: "innocent.txt" })).exit).toBe(5);
  });

  it("does not write without an answer, writes with --approve, and says so", async () => {
    const asked = await call("write", { path: "a.txt", content: "hi\n" });
    expect(asked.exit).toBe(5);
    expect(asked.json()).toMatchObject({
      decision: "requires_approval",
      approved: "nobody",
      error: { code: "APPROVAL_NOBODY" },
    });
    expect(existsSync(join(at.cwd, "a.txt"))).toBe(false);
    const plain = await run("call", "write", '{"path":"a.txt","content":"hi\\n"}');
    expect(plain).toMatchObject({ exit: 5, stdout: "" });
    expect(plain.stderr).toMatch(/^error: Cannot write a\.txt: .*\n {2}why: .*\n {2}do: {2}.*--approve/);
    const done = await call("write", { path: "a.txt", content: "hi\n" }, "--approve");
    expect(done.exit).toBe(0);
    expect(done.json()).toMatchObject({ ok: true, approved: "once" });
    expect(readFileSync(join(at.cwd, "a.txt"), "utf8")).toBe("hi\n");
  });

  it("takes arguments from stdin", async () => {
    const env = { HOME: join(at.cwd, "../me") };
    const ran = await runAgentzero(["call", "read", "-", "--json"], { ...at, env, input: '{"path":"README.md"}' });
    expect(ran.json()).toMatchObject({ ok: true, output: "# Shop\n" });
    expect((await runAgentzero(["call", "read", "-"], { ...at, env, input: "{" })).exit).toBe(2);
  });

  test.for(
    [
      ["a missing argument", "read", {}],
      ["an unknown argument", "read", { path: "README.md", mode: "all" }],
      ["another type", "read", { path: 7 }],
      ["no object", "read", [1]],
      ["a NUL in a path", "read", { path: "a\u0000b" }],
      ["an empty path", "read", { path: "" }],
    ] as const,
  )("refuses %s with 2, in the call's own object", async ([, tool, args]) => {
    const ran = await call(tool, args);
    expect(ran.exit).toBe(2);
    expect(ran.json()).toMatchObject({
      ok: false,
      output: null,
      tool,
      error: { code: expect.stringMatching(/INVALID$/) },
    });
  });

  it("knows no tool of another name", async () => {
    const ran = await call("raed", {});
    expect(ran.exit).toBe(2);
    expect(ran.json()).toMatchObject({ error: { code: "TOOL_UNKNOWN", hint: expect.stringContaining('"read"') } });
  });

  it("says that a file is not there with 4", async () => {
    expect((await call("read", { path: "nothing.txt" })).exit).toBe(4);
  });

  it("leaves a record that verifies, and every call in it", async () => {
    const ran = await run("audit", "verify", "--all", "--json");
    expect(ran.exit).toBe(0);
    const { sessions } = ran.json() as { sessions: readonly { closed: boolean }[] };
    expect(sessions.length).toBeGreaterThan(10);
    expect(sessions.every(({ closed }) => closed)).toBe(true);
  });
});
