import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ApprovalAnswer, ApprovalRequest } from "../../core/mod.ts";
import { DEFAULT_POLICY, PRIVATE_POLICY } from "../../policy/mod.ts";
import { type Engine, openEngine } from "../support/engine.ts";
import { runAgentzero } from "../support/run-agentzero.ts";

type Allowed = Extract<ApprovalAnswer, { kind: "allowed" }>;

function yes(request: ApprovalRequest, more: Partial<Allowed> = {}): Promise<ApprovalAnswer> {
  return Promise.resolve({ kind: "allowed", scope: "once", subject: request.digest, only: null, ...more });
}

/** The default policy with one more rule. */
function withRule(rule: string): string {
  return DEFAULT_POLICY.replace("tests:\n", `  - ${rule}\ntests:\n`);
}

/** Records of a closed session, of one call. */
async function recordsOf(engine: Engine, call: string): Promise<readonly Record<string, unknown>[]> {
  await engine.close();
  const shown = await runAgentzero(["audit", "show", engine.composed.session.id, "--json"], {
    cwd: engine.project,
    home: engine.home,
    env: { HOME: dirname(engine.home) },
  });
  return shown.stdout.trim().split("\n").map((line): Record<string, unknown> => JSON.parse(line))
    .filter((event) => event["call"] === call);
}

describe("settle()", () => {
  it("runs a command that a rule asks about after one yes", async () => {
    const engine = await openEngine({ policy: PRIVATE_POLICY, person: "yes" });
    const result = await engine.call("shell", { command: "echo hi" });
    expect(result).toMatchObject({ ok: true, approved: "once", output: "hi\n", exit: 0 });
    expect(engine.questions).toHaveLength(1);
  });

  it("shows the exact words, the folder and the time of a command", async () => {
    const engine = await openEngine({ policy: PRIVATE_POLICY, person: (request) => yes(request) });
    await engine.call("shell", { argv: ["ls", "a b", "c"], cwd: ".", timeout_ms: 5000 });
    expect(engine.questions[0]).toMatchObject({
      title: "Run ls 'a b' c",
      tier: "host-supervised",
      preview: { kind: "text", text: "ls 'a b' c\nin .\nfor at most 5000 ms" },
    });
  });

  it.each<[string, Parameters<typeof yes>[1]]>([
    ["none of the changes was chosen", { only: [] }],
    ["another file was chosen", { only: ["b.txt"] }],
  ])("takes it for a no when %s", async (_, more) => {
    const engine = await openEngine({ person: (request) => yes(request, more) });
    const result = await engine.call("write", { path: "a.txt", content: "x" });
    expect(result).toMatchObject({ ok: false, approved: "no", error: { code: "APPROVAL_REFUSED" }, output: null });
    expect(existsSync(join(engine.project, "a.txt"))).toBe(false);
  });

  it("says which rule asked when the answer is no", async () => {
    const engine = await openEngine({
      person: () => Promise.resolve({ kind: "refused", why: "no", message: "use the other file" }),
    });
    const { error } = await engine.call("write", { path: "a.txt", content: "x" });
    expect(error?.message).toBe(
      'Cannot write a.txt: rule "write-project" (project) asks for approval and the person said no: use the other file',
    );
  });

  it("offers a secret no longer than the session, whatever the rule says", async () => {
    const engine = await openEngine({
      policy: withRule(
        "{ id: k, effect: requires_approval, capability: secret_handle_usage, secrets: ['handle://vault/a/b'], commands: ['/usr/bin/**'], approval: { max_scope: project } }",
      ),
      person: (request) => yes(request, { scope: request.scopes.at(-1) ?? "once" }),
    });
    const env = { HOME: dirname(engine.home) };
    const at = { cwd: engine.project, home: engine.home, env };
    expect((await runAgentzero(["vault", "set", "a/b"], { ...at, input: "fake-value-0123456789" })).exit).toBe(0);
    const bound = await runAgentzero(
      ["vault", "bind", "a/b", "--slot", "env:TOKEN", "--command", "/usr/bin/printenv"],
      at,
    );
    expect(bound.exit).toBe(0);
    const second = await openEngine({
      beside: engine,
      person: (request) => yes(request, { scope: request.scopes.at(-1) ?? "once" }),
    });
    const result = await second.call("shell", {
      argv: ["printenv", "TOKEN"],
      secrets: { TOKEN: "handle://vault/a/b" },
    });
    expect(second.questions[0]?.scopes).toEqual(["once", "session"]);
    expect(second.questions[0]?.preview).toMatchObject({
      text: expect.stringContaining("with TOKEN = handle://vault"),
    });
    expect(result).toMatchObject({ ok: true, approved: "session", redactions: [{ class: "secret", count: 1 }] });
  });

  it("does what was allowed although the answer cannot be stored, and says so", async () => {
    const engine = await openEngine({
      person: (request) => {
        // A file in the place of the folder: nothing can be stored.
        rmSync(join(engine.home, "grants"), { recursive: true, force: true });
        writeFileSync(join(engine.home, "grants"), "");
        return yes(request, { scope: "project" });
      },
      policy: withRule(
        "{ id: w, effect: requires_approval, capability: file_write, paths: ['${project}/a.txt'], approval: { max_scope: project } }",
      ).replace(
        "capability: file_write, paths: [$here], except",
        "capability: file_write, approval: { max_scope: project }, paths: [$here], except",
      ),
    });
    const result = await engine.call("write", { path: "a.txt", content: "x" });
    expect(result).toMatchObject({ ok: true, approved: "project" });
    expect(engine.events).toContainEqual(expect.objectContaining({ type: "notice", level: "warning" }));
  });

  it.each<[string, (engine: Engine) => void]>([
    ["the policy was edited", ({ project }) => {
      const file = join(project, ".agentzero/policy.yml");
      writeFileSync(file, `${readFileSync(file, "utf8")}# tightened\n`);
    }],
    ["the session was switched to reading only", ({ composed }) => composed.policy.setMode("read-only")],
  ])("does not run when %s while the question was open", async (_, change) => {
    const engine = await openEngine({
      person: (request) => {
        change(engine);
        return yes(request);
      },
    });
    const result = await engine.call("write", { path: "a.txt", content: "x" });
    expect(result).toMatchObject({ ok: false, approved: "no", error: { code: "APPROVAL_CHANGED" } });
    expect(result.audit.result).toBeGreaterThan(0);
    expect(existsSync(join(engine.project, "a.txt"))).toBe(false);
  });

  it("lets a never from another session beat a yes that comes later", async () => {
    const engine = await openEngine({
      person: async (request) => {
        const other = await openEngine({
          beside: engine,
          person: () => Promise.resolve({ kind: "refused", why: "never", message: null }),
        });
        await other.call("write", { path: "a.txt", content: "x" });
        return await yes(request);
      },
    });
    const result = await engine.call("write", { path: "a.txt", content: "x" });
    expect(result).toMatchObject({ ok: false, error: { code: "APPROVAL_CHANGED" } });
    expect(existsSync(join(engine.project, "a.txt"))).toBe(false);
  });

  it("shows no secret value of the file that is about to change", async () => {
    const engine = await openEngine({ files: { "a.txt": "token=fake-value-0123456789\n" }, person: "yes" });
    engine.composed.redactor.add({
      bytes: new TextEncoder().encode("fake-value-0123456789"),
      handle: "handle://vault/a/b",
      class: "secret",
    });
    await engine.call("write", { path: "a.txt", content: "gone\n" });
    expect(JSON.stringify(engine.questions)).not.toContain("fake-value");
    expect(engine.questions[0]?.preview).toMatchObject({
      changes: [{ before: expect.stringMatching(/^token=\[SECRET_/u) }],
    });
  });

  it("records a remembered answer as what it is, and who gave it", async () => {
    const engine = await openEngine({ person: (request) => yes(request, { scope: "session" }) });
    await engine.call("write", { path: "a.txt", content: "1" });
    const again = await engine.call("write", { path: "a.txt", content: "2" });
    expect(engine.composed.policy.grants()).toEqual([expect.objectContaining({ by: "terminal", scope: "session" })]);
    const records = await recordsOf(engine, again.call);
    expect(records.map((event) => event["event"])).toEqual(["intent", "approval", "result"]);
    expect(records[1]).toMatchObject({ approval: { channel: "grant", scope: "session", answer: "allow" } });
  });

  it("asks again for the same command once untrusted text may have shaped it", async () => {
    const same = { calls: [{ tool: "fetch", args: { url: "https://example.invalid/" } }] };
    const read = { calls: [{ tool: "read", args: { path: "README.md" } }] };
    const engine = await openEngine({
      policy: withRule(
        "{ id: net, effect: requires_approval, capability: network_request, hosts: [example.invalid], approval: { max_scope: session } }",
      ),
      person: (request) => yes(request, { scope: request.scopes.at(-1) ?? "once" }),
      script: [same, same, read, same, same, {}].map((turn) => `- ${JSON.stringify(turn)}\n`).join(""),
    });
    await engine.submit("go");
    expect(engine.questions.map(({ tainted, scopes }) => [tainted, scopes])).toEqual([
      [false, ["once", "session"]],
      [true, ["once", "session"]],
    ]);
  });

  it("leaves a result behind a yes that came for something else", async () => {
    const engine = await openEngine({
      files: { "a.txt": "old" },
      person: (request) => {
        writeFileSync(join(engine.project, "a.txt"), "changed");
        return yes(request);
      },
    });
    const result = await engine.call("write", { path: "a.txt", content: "new" });
    const records = await recordsOf(engine, result.call);
    expect(records.map((event) => event["event"])).toEqual(["intent", "approval", "result"]);
    expect(records[2]).toMatchObject({ result: { status: "denied", error: { code: "APPROVAL_CHANGED" } } });
    expect(readdirSync(engine.project).toSorted()).toEqual([".agentzero", "README.md", "a.txt"]);
  });
});
