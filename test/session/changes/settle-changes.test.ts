import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ApprovalAnswer, ApprovalRequest } from "../../../core/mod.ts";
import { DEFAULT_POLICY } from "../../../policy/mod.ts";
import { type Engine, openEngine } from "../../support/engine.ts";
import { runAgentzero } from "../../support/run-agentzero.ts";

const VALUE = "fake-value-0123456789";

function yes(request: ApprovalRequest, only: readonly string[] | null = null): Promise<ApprovalAnswer> {
  return Promise.resolve({ kind: "allowed", scope: "once", subject: request.digest, only });
}

/** An engine that knows one value, as if the vault had given it. */
async function engineWithValue(options: Parameters<typeof openEngine>[0] = {}): Promise<Engine> {
  const engine = await openEngine({ person: "yes", ...options });
  engine.composed.redactor.add({
    bytes: new TextEncoder().encode(VALUE),
    handle: "handle://vault/a/b",
    class: "secret",
  });
  return engine;
}

describe("settleChanges()", () => {
  it("keeps what was chosen, drops the rest, and counts it as refused", async () => {
    const engine = await openEngine({ person: (request) => yes(request, ["b"]) });
    const result = await engine.call("shell", { command: "echo 1 > a; echo 2 > b; echo 3 > c" });
    expect(result).toMatchObject({ ok: false, approved: "once", exit: 0, error: { code: "APPROVAL_REFUSED" } });
    expect(result.error?.message).toContain("Cannot keep 2 changes");
    expect(result.changes?.map(({ path, kept }) => [path, kept])).toEqual([["a", false], ["b", true], ["c", false]]);
    expect([existsSync(join(engine.project, "a")), existsSync(join(engine.project, "b"))]).toEqual([false, true]);
  });

  it("keeps nothing when none was chosen", async () => {
    const engine = await openEngine({ person: (request) => yes(request, []) });
    const result = await engine.call("shell", { command: "echo 1 > a" });
    expect(result).toMatchObject({ ok: false, approved: "no", error: { code: "APPROVAL_REFUSED" } });
    expect(existsSync(join(engine.project, "a"))).toBe(false);
  });

  it("says how a change was allowed that an earlier answer covers", async () => {
    const engine = await openEngine({
      person: (request) => Promise.resolve({ kind: "allowed", scope: "session", subject: request.digest, only: null }),
    });
    await engine.call("shell", { command: "echo 1 > a" });
    const again = await engine.call("shell", { command: "echo 2 > a" });
    expect(again).toMatchObject({ ok: true, approved: "session" });
    expect(engine.questions).toHaveLength(1);
  });

  it("keeps nothing when policy got stricter while the difference was looked at", async () => {
    const engine = await openEngine({
      person: (request) => {
        const file = join(engine.project, ".agentzero/policy.yml");
        writeFileSync(file, `${readFileSync(file, "utf8")}# tightened\n`);
        return yes(request);
      },
    });
    const result = await engine.call("shell", { command: "echo 1 > a; mkdir coverage; echo 2 > coverage/r" });
    expect(result).toMatchObject({ ok: false, approved: "no", error: { code: "APPROVAL_CHANGED" } });
    expect(existsSync(join(engine.project, "a"))).toBe(false);
    expect(existsSync(join(engine.project, "coverage/r"))).toBe(false);
  });

  it("leaves a file alone that somebody changed while the question was open", async () => {
    const engine = await openEngine({
      files: { "a.txt": "old\n" },
      person: (request) => {
        writeFileSync(join(engine.project, "a.txt"), "by the person\n");
        return yes(request);
      },
    });
    const result = await engine.call("shell", { command: "echo new > a.txt" });
    expect(result).toMatchObject({ ok: false, error: { code: "PATH_CHANGED" } });
    expect(readFileSync(join(engine.project, "a.txt"), "utf8")).toBe("by the person\n");
  });

  // The value is built inside, as a command that got it from its environment would.
  const SPELLED = "V=fake-value; V=$V-0123456789";
  it.each([
    ["in a file", `${SPELLED}; echo $V > out.txt`, "out.txt"],
    ["in the name of a file", `${SPELLED}; echo x > $V.txt`, `${VALUE}.txt`],
    ["in the name of a folder", `${SPELLED}; mkdir -p d/$V; echo x > d/$V/f`, `d/${VALUE}`],
    ["in the place a link points to", `${SPELLED}; ln -s $V link`, "link"],
    ["as base64", `${SPELLED}; printf %s $V | base64 > b64`, "b64"],
    ["as hex", `${SPELLED}; printf %s $V | od -An -tx1 | tr -d ' \\n' > hex`, "hex"],
  ])("never keeps a secret value %s, whoever says yes", async (_, command, path) => {
    const engine = await engineWithValue();
    const result = await engine.call("shell", { command });
    expect(result).toMatchObject({ ok: false, error: { code: "SECRET_EGRESS" } });
    expect(existsSync(join(engine.project, path))).toBe(false);
    expect(JSON.stringify([result, engine.events, engine.questions])).not.toContain("fake-value-0123");
  });

  it("does not keep what a command with a secret committed: objects of git cannot be searched", async () => {
    const handle = "handle://vault/a/b";
    const policy = DEFAULT_POLICY.replace(
      "tests:\n",
      `  - { id: use, effect: allow, capability: secret_handle_usage, secrets: ["${handle}"], commands: ["/usr/bin/**"], tainted: any }\ntests:\n`,
    );
    const setup = await openEngine({ policy });
    execFileSync("git", ["init", "-q"], { cwd: setup.project });
    const at = { cwd: setup.project, home: setup.home, env: { HOME: dirname(setup.home) } };
    await runAgentzero(["vault", "set", "a/b"], { ...at, input: VALUE });
    await runAgentzero(["vault", "bind", "a/b", "--slot", "env:TOKEN", "--command", "/usr/bin/git"], at);
    const engine = await openEngine({ beside: setup, person: "yes" });
    const identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
    const argv = ["git", ...identity, "commit", "-q", "--allow-empty", "-m", "x"];
    const result = await engine.call("shell", { argv, secrets: { TOKEN: handle } });
    expect(result).toMatchObject({ ok: false, exit: 0, error: { code: "SECRET_EGRESS" } });
    expect(result.changes).toEqual([expect.objectContaining({ path: ".git", kept: false, rule: "floor.unscannable" })]);
    const plain = await engine.call("shell", { argv });
    expect(plain).toMatchObject({ ok: true, changes: [expect.objectContaining({ path: ".git", kept: true })] });
  });

  it("says in the question that the command failed", async () => {
    const engine = await openEngine({ person: "yes" });
    await engine.call("shell", { command: "echo 1 > a; exit 3" });
    expect(engine.questions.map(({ title }) => title)).toEqual([
      "Keep 1 change (a) of: Run echo 1 > a; exit 3, which ended with exit 3",
    ]);
  });

  it("asks one question for all, with what runs later on top", async () => {
    const engine = await openEngine({ person: "yes", files: { "package.json": "{}\n" } });
    await engine.call("shell", { command: "echo 1 > a; echo '{ }' > package.json" });
    expect(engine.questions).toHaveLength(1);
    const [question] = engine.questions;
    expect(question?.title).toBe("Keep 2 changes of: Run echo 1 > a; echo '{ }' > package.json");
    expect(question?.preview.kind === "changes" ? question.preview.changes.map(({ path }) => path) : []).toEqual([
      "package.json",
      "a",
    ]);
    // One of the two may only be answered for this once.
    expect(question?.scopes).toEqual(["once"]);
  });
});
