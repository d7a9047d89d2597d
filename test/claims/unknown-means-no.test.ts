import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY } from "../../policy/mod.ts";
import { openEngine } from "../support/engine.ts";
import { runAgentzero } from "../support/run-agentzero.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("unknown means no", () => {
  it.each([
    ["a misspelled effect", "effect: allow, capability: shell_command", "effect: alow, capability: shell_command"],
    ["an unknown key", "tests:", "testz: []\ntests:"],
    ["an unknown capability", "capability: shell_command,", "capability: shel_command,"],
    ["an unknown class", "[public, internal,", "[publik, internal,"],
    ["another version", "version: 2", "version: 3"],
    ["no YAML at all", "version: 2", "version: 2\n\t["],
  ])("denies everything while the policy holds %s", async (_, from, to) => {
    const broken = DEFAULT_POLICY.replace(from, to);
    expect(broken).not.toBe(DEFAULT_POLICY);
    const engine = await openEngine({ policy: broken, person: "yes" });
    for (const [tool, args] of [["read", { path: "README.md" }], ["shell", { command: "ls" }]] as const) {
      const result = await engine.call(tool, args);
      expect(result).toMatchObject({ ok: false, decision: "deny", output: null });
      expect(result.reason).toMatch(/^policy_invalid: /u);
    }
    expect(engine.questions).toHaveLength(0);
  });

  it("gives a cloned repository nothing for the policy it brings", async () => {
    const home = join(tempDir(), "home");
    const mine = tempDir({ "README.md": "mine" });
    expect((await runAgentzero(["init"], { cwd: mine, home, env: { HOME: dirname(home) } })).exit).toBe(0);
    const clone = tempDir({ "README.md": "theirs", ".agentzero/policy.yml": DEFAULT_POLICY });
    const read = await runAgentzero(["call", "read", '{"path":"README.md"}', "--json"], {
      cwd: clone,
      home,
      env: { HOME: dirname(home) },
    });
    expect(read.exit).toBe(5);
    expect(read.json()).toMatchObject({
      ok: false,
      decision: "deny",
      reason: expect.stringMatching(/^untrusted_project|^no_policy/u),
    });
    const init = await runAgentzero(["init", "--json"], { cwd: clone, home, env: { HOME: dirname(home) } });
    expect(init.exit).toBe(1);
    expect(init.stdout + init.stderr).toContain("policy trust");
    expect(readFileSync(join(clone, ".agentzero/policy.yml"), "utf8")).toBe(DEFAULT_POLICY);
  });

  it("refuses an unknown key in the configuration, with the one that was meant", async () => {
    const home = tempDir({ "config.yml": "v: 1\nmodl: ollama/x\n" });
    const cwd = tempDir();
    const ran = await runAgentzero(["run", "hello", "--output", "json"], { cwd, home, env: { HOME: dirname(home) } });
    expect(ran.exit).not.toBe(0);
    expect(ran.stdout + ran.stderr).toContain("did you mean");
  });

  it("denies what no rule names, though every rule of the policy is fine", async () => {
    const engine = await openEngine({ policy: "version: 2\nrules: []\n" });
    writeFileSync(join(engine.project, "a.txt"), "a");
    for (
      const [tool, args] of [
        ["read", { path: "a.txt" }],
        ["list", {}],
        ["write", { path: "b", content: "" }],
        ["shell", { command: "ls" }],
        ["fetch", { url: "https://example.com/" }],
      ] as const
    ) {
      expect(await engine.call(tool, args)).toMatchObject({ ok: false, decision: "deny", rule: null });
    }
  });
});
