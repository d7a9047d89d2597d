import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEngine } from "../support/engine.ts";

describe("runCall()", () => {
  it("reads a file of the project and records intent and result", async () => {
    const engine = await openEngine();
    const result = await engine.call("read", { path: "README.md" });
    expect(result).toMatchObject({
      v: 1,
      tool: "read",
      tier: "host-readonly",
      decision: "allow",
      rule: "read-project",
      layer: "project",
      approved: null,
      ok: true,
      output: "# Sample\n",
      error: null,
      trust: "file",
    });
    expect(result.audit.result).toBe((result.audit.intent ?? 0) + 1);
  });

  it.each([
    ["outside the project", "read", { path: "/etc/passwd" }, "POLICY_DEFAULT"],
    ["a secret file", "read", { path: ".env" }, "POLICY_DENY"],
    ["its own policy", "write", { path: ".agentzero/policy.yml", content: "x" }, "POLICY_DENY"],
    ["a git hook", "write", { path: ".git/hooks/pre-commit", content: "x" }, "POLICY_DENY"],
    ["a device", "read", { path: "/dev/zero" }, "POLICY_DENY"],
    ["the network", "fetch", { url: "https://example.com/" }, "POLICY_DEFAULT"],
    ["a link out of the project", "read", { path: "out" }, "POLICY_DEFAULT"],
  ])("denies %s with a record and no effect", async (...[, tool, args, code]) => {
    const engine = await openEngine({ files: { ".env": "KEY=fake" } });
    symlinkSync("/etc/passwd", join(engine.project, "out"));
    const before = readFileSync(join(engine.project, ".agentzero/policy.yml"), "utf8");
    const result = await engine.call(tool, args);
    expect(result).toMatchObject({ ok: false, decision: "deny", output: null, error: { code } });
    expect(result.audit.intent).toBeGreaterThan(0);
    expect(result.audit.result).toBeNull();
    expect(readFileSync(join(engine.project, ".agentzero/policy.yml"), "utf8")).toBe(before);
    expect(existsSync(join(engine.project, ".git"))).toBe(false);
  });

  it.each([
    ["an unknown tool", "reed", {}, "TOOL_UNKNOWN"],
    ["an unknown argument", "read", { pth: "a" }, "ARGS_INVALID"],
    ["arguments that are not an object", "read", "README.md", "ARGS_INVALID"],
    ["a path with NUL", "read", { path: "a\0b" }, "PATH_INVALID"],
    ["an empty command", "shell", { command: "" }, "ARGS_INVALID"],
    ["command and argv at once", "shell", { command: "ls", argv: ["ls"] }, "ARGS_INVALID"],
  ])("refuses %s, on record", async (...[, tool, args, code]) => {
    const engine = await openEngine();
    const result = await engine.call(tool, args);
    expect(result).toMatchObject({ ok: false, decision: "deny", output: null, error: { code } });
    expect(result.audit.intent).toBeGreaterThan(0);
  });

  it("asks before a write, shows the difference, and writes after a yes only", async () => {
    const denied = await openEngine();
    const no = await denied.call("write", { path: "a.txt", content: "new\n" });
    expect(no).toMatchObject({ ok: false, decision: "requires_approval", approved: "nobody", output: null });
    expect(existsSync(join(denied.project, "a.txt"))).toBe(false);

    const asked = await openEngine({ files: { "a.txt": "old\n" }, person: "yes" });
    const yes = await asked.call("write", { path: "a.txt", content: "new\n" });
    expect(yes).toMatchObject({ ok: true, approved: "once" });
    expect(readFileSync(join(asked.project, "a.txt"), "utf8")).toBe("new\n");
    expect(asked.questions).toHaveLength(1);
    expect(asked.questions[0]?.preview).toMatchObject({
      kind: "changes",
      changes: [{ path: "a.txt", kind: "modify", before: "old\n", after: "new\n" }],
    });
  });

  it("refuses when the file changes between question and answer", async () => {
    const engine = await openEngine({
      files: { "a.txt": "old\n" },
      person: (request) => {
        writeFileSync(join(engine.project, "a.txt"), "changed meanwhile\n");
        return Promise.resolve({ kind: "allowed", scope: "once", subject: request.digest, only: null });
      },
    });
    const result = await engine.call("write", { path: "a.txt", content: "new\n" });
    expect(result).toMatchObject({ ok: false, approved: "no", error: { code: "APPROVAL_CHANGED" } });
    expect(readFileSync(join(engine.project, "a.txt"), "utf8")).toBe("changed meanwhile\n");
  });

  it("does not start what was cancelled while the person was thinking", async () => {
    const cancel = new AbortController();
    const engine = await openEngine({
      person: (request) => {
        cancel.abort();
        return Promise.resolve({ kind: "allowed", scope: "once", subject: request.digest, only: null });
      },
    });
    const result = await engine.call("write", { path: "a.txt", content: "x" }, cancel.signal);
    expect(result).toMatchObject({ ok: false, error: { code: "CANCELLED" } });
    expect(existsSync(join(engine.project, "a.txt"))).toBe(false);
  });

  it("runs nothing once the record is closed", async () => {
    const engine = await openEngine({ person: "yes" });
    await engine.composed.audit.close("ok");
    const result = await engine.call("write", { path: "a.txt", content: "x" });
    expect(result).toMatchObject({ ok: false, output: null, error: { code: "AUDIT_UNWRITABLE" } });
    expect(result.audit.intent).toBeNull();
    expect(existsSync(join(engine.project, "a.txt"))).toBe(false);
  });

  it("lets a policy edit tighten at once", async () => {
    const engine = await openEngine();
    expect((await engine.call("read", { path: "README.md" })).ok).toBe(true);
    const policy = join(engine.project, ".agentzero/policy.yml");
    writeFileSync(policy, `${readFileSync(policy, "utf8")}# edited\n`);
    // An edited policy is not trusted any more: its allows do not count.
    expect(await engine.call("read", { path: "README.md" })).toMatchObject({ ok: false, decision: "deny" });
  });

  it("remembers a yes for the session and asks again in the next", async () => {
    let asked = 0;
    const person: Parameters<typeof openEngine>[0] = {
      person: (request) => {
        asked++;
        return Promise.resolve({ kind: "allowed", scope: "session", subject: request.digest, only: null });
      },
    };
    const first = await openEngine(person);
    await first.call("write", { path: "a.txt", content: "1" });
    const again = await first.call("write", { path: "a.txt", content: "2" });
    expect(again).toMatchObject({ ok: true, decision: "requires_approval", approved: "session" });
    expect(asked).toBe(1);
    await first.close();
    const second = await openEngine({ ...person, beside: first });
    await second.call("write", { path: "a.txt", content: "3" });
    expect(asked).toBe(2);
  });

  it("keeps a never as a deny that no later yes turns", async () => {
    const engine = await openEngine({
      person: () => Promise.resolve({ kind: "refused", why: "never", message: null }),
    });
    expect(await engine.call("write", { path: "a.txt", content: "x" })).toMatchObject({ approved: "never" });
    await engine.close();
    const later = await openEngine({ beside: engine, person: "yes" });
    expect(await later.call("write", { path: "a.txt", content: "x" })).toMatchObject({ ok: false, decision: "deny" });
    expect(later.questions).toHaveLength(0);
  });

  it("leaves what a search may not read out, and says how much", async () => {
    const engine = await openEngine({
      files: { ".env": "TOKEN=needle", "src/a.ts": "needle\n", "src/x.pem": "needle" },
    });
    const result = await engine.call("search", { pattern: "needle" });
    expect(result.output).toContain("src/a.ts:1: needle");
    expect(result.output).not.toContain(".env");
    expect(result.output).toContain("2 left out by policy");
  });
});

describe("shell on a staged view", () => {
  it("runs any command at once and keeps nothing unasked", async () => {
    const engine = await openEngine();
    const result = await engine.call("shell", { command: "echo hi > x; rm README.md; ls" });
    expect(result).toMatchObject({ decision: "allow", ok: false, approved: "nobody", exit: 0, output: "x\n" });
    expect(result.changes).toEqual([
      expect.objectContaining({ path: "README.md", kind: "delete", kept: false }),
      expect.objectContaining({ path: "x", kind: "create", kept: false, bytes: 3, decision: "requires_approval" }),
    ]);
    expect(existsSync(join(engine.project, "x"))).toBe(false);
    expect(existsSync(join(engine.project, "README.md"))).toBe(true);
  });

  it("keeps what a person allows, in one question", async () => {
    const engine = await openEngine({ person: "yes" });
    const result = await engine.call("shell", { command: "echo 1 > a; echo 2 > b" });
    expect(result).toMatchObject({ ok: true, approved: "once" });
    expect(readFileSync(join(engine.project, "b"), "utf8")).toBe("2\n");
    expect(engine.questions).toHaveLength(1);
  });

  it("keeps reports unasked and drops ignored files without a word", async () => {
    const engine = await openEngine({ files: { ".gitignore": "build/\n" } });
    const result = await engine.call("shell", {
      command: "mkdir coverage build; echo 1 > coverage/r; echo 2 > build/o",
    });
    expect(result).toMatchObject({ ok: true, error: null });
    expect(readFileSync(join(engine.project, "coverage/r"), "utf8")).toBe("1\n");
    expect(existsSync(join(engine.project, "build"))).toBe(false);
  });

  it("never keeps a hook, whoever says yes", async () => {
    const engine = await openEngine({ person: "yes" });
    execFileSync("git", ["init", "-q"], { cwd: engine.project });
    const result = await engine.call("shell", { command: "echo evil > .git/hooks/pre-commit" });
    expect(result).toMatchObject({ ok: false, error: { code: "POLICY_DENY" } });
    expect(existsSync(join(engine.project, ".git/hooks/pre-commit"))).toBe(false);
  });

  it("fails like the command and keeps its output", async () => {
    const engine = await openEngine();
    const result = await engine.call("shell", { command: "echo out; exit 3" });
    expect(result).toMatchObject({ ok: false, exit: 3, output: "out\n", error: { code: "COMMAND_FAILED" } });
  });

  it("commits on the staged view and asks once about .git as a whole", async () => {
    const engine = await openEngine({ person: "yes" });
    execFileSync("git", ["init", "-q"], { cwd: engine.project });
    const result = await engine.call("shell", {
      command: "git add README.md && git -c user.name=A -c user.email=a@example.com commit -q -m first",
    });
    expect(result.error).toBeNull();
    expect(result.changes?.map(({ path, kept }) => [path, kept])).toEqual([[".git", true]]);
    expect(engine.questions).toHaveLength(1);
    const log = execFileSync("git", ["log", "--format=%s"], { cwd: engine.project, encoding: "utf8" });
    expect(log).toBe("first\n");
  });
});
