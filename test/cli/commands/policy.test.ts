import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY, PRIVATE_POLICY } from "../../../policy/mod.ts";
import { runHere, type Said } from "../../support/command-line.ts";
import { HAS_PTY, openPty, runtimeCommand } from "../../support/pty.ts";
import { ENTRY, type Ran, runAgentzero } from "../../support/run-agentzero.ts";
import { tempDir } from "../../support/temp-dir.ts";

interface Place {
  readonly cwd: string;
  readonly home: string;
  readonly run: (...args: readonly string[]) => Promise<Ran>;
}

/** A project with a policy that nobody trusts yet. */
function place(policy: string | null = DEFAULT_POLICY): Place {
  const base = tempDir({ "shop/README.md": "hello\n" });
  const [cwd, home] = [join(base, "shop"), join(base, "home")];
  mkdirSync(join(cwd, ".agentzero"));
  if (policy !== null) writeFileSync(join(cwd, ".agentzero/policy.yml"), policy);
  return { cwd, home, run: (...args) => runAgentzero(args, { cwd, home, env: { HOME: join(base, "me") } }) };
}

function hexOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The same for several steps in this process: no start of a program for each. */
async function trustedHere(): Promise<Place & { readonly here: (...args: readonly string[]) => Promise<Said> }> {
  const at = place();
  function here(...args: readonly string[]): Promise<Said> {
    return runHere(args, { project: at.cwd, home: at.home });
  }
  expect((await here("policy", "trust", "--sha256", hexOf(DEFAULT_POLICY))).exit).toBe(0);
  return { ...at, here };
}

/** A project whose policy is trusted. */
async function trusted(policy: string = DEFAULT_POLICY): Promise<Place> {
  const at = place(policy);
  const ran = await at.run("policy", "trust", "--sha256", hexOf(policy), "--json");
  expect([ran.exit, ran.stderr]).toEqual([0, expect.stringContaining("trusting it changes")]);
  return at;
}

describe("policy status", () => {
  it("says which layers count", async () => {
    const at = place();
    const untrusted = await at.run("policy", "status", "--json");
    expect(untrusted.exit).toBe(0);
    expect(untrusted.json()).toEqual({
      v: 1,
      state: "active",
      layers: [
        { layer: "system", path: "/etc/agentzero/policy.yml", sha256: null, grants: false, rules: 0, problems: [] },
        { layer: "user", path: join(at.home, "policy.yml"), sha256: null, grants: false, rules: 0, problems: [] },
        {
          layer: "project",
          path: join(at.cwd, ".agentzero/policy.yml"),
          sha256: `sha256:${hexOf(DEFAULT_POLICY)}`,
          grants: false,
          rules: 16,
          problems: [],
        },
      ],
      bundle: null,
      grants: [],
      problems: [],
    });
    await at.run("policy", "trust", "--sha256", hexOf(DEFAULT_POLICY));
    expect((await at.run("policy", "status", "--json")).json()).toMatchObject({ layers: [{}, {}, { grants: true }] });
    expect((await at.run("policy", "status")).stdout).toContain("all rules");
  });

  it("exits 1 when a file is broken, and says where", async () => {
    const at = place("version: 2\nrule: []\n");
    const ran = await at.run("policy", "status", "--json");
    expect(ran.exit).toBe(1);
    expect(ran.json()).toMatchObject({
      state: "deny_all",
      layers: [{}, {}, { sha256: null, problems: [{ code: "POLICY_KEY", level: "error", line: 2, col: 1 }] }],
    });
    expect((await at.run("policy", "status")).stderr).toContain("policy.yml:2:1 POLICY_KEY");
  });

  it("needs a project", async () => {
    const ran = await runAgentzero(["policy", "status", "--json"], { cwd: tempDir(), home: join(tempDir(), "home") });
    expect([ran.exit, ran.json()]).toEqual([4, { v: 1, error: expect.objectContaining({ code: "NO_PROJECT" }) }]);
  });
});

describe("policy check", () => {
  it("loads the project's file, or those that are named, and says every problem", async () => {
    const at = place();
    const good = await at.run("policy", "check", "--json");
    expect(good.exit).toBe(0);
    expect(good.json()).toMatchObject({
      v: 1,
      ok: true,
      files: [{ file: ".agentzero/policy.yml", sha256: `sha256:${hexOf(DEFAULT_POLICY)}`, rules: 16 }],
    });
    writeFileSync(
      join(at.cwd, "draft.yml"),
      "version: 2\nrules:\n  - { id: a, efect: allow, capability: file_read }\n",
    );
    const bad = await at.run("policy", "check", "draft.yml", ".agentzero/policy.yml", "--json");
    expect(bad.exit).toBe(1);
    const { ok, files } = bad.json() as { ok: boolean; files: { file: string; problems: object[] }[] };
    expect([ok, files.map((file) => file.file)]).toEqual([false, ["draft.yml", ".agentzero/policy.yml"]]);
    expect(files[0]?.problems).toContainEqual({
      code: "POLICY_KEY",
      level: "error",
      line: 3,
      col: 14,
      message: 'unknown key "efect" in a rule',
      hint: 'did you mean "effect"?',
    });
    expect((await at.run("policy", "check", "draft.yml")).stdout).toContain("draft.yml:3:14 error POLICY_KEY");
  });

  it("runs embedded tests, and takes what lint finds as warnings", async () => {
    const at = place(`version: 2
rules:
  - { id: all, effect: allow, capability: file_write }
tests:
  - { request: { capability: file_write, path: /x }, expect: deny }
`);
    expect((await at.run("policy", "check", "--json")).json()).toMatchObject({
      ok: false,
      files: [{ problems: [{ code: "POLICY_TEST", line: 5 }] }],
    });
    writeFileSync(
      join(at.cwd, ".agentzero/policy.yml"),
      "version: 2\nrules:\n  - { id: all, effect: allow, capability: file_write }\n",
    );
    const ran = await at.run("policy", "check", "--json");
    const { files } = ran.json() as { files: { problems: { code: string; level: string }[] }[] };
    expect(ran.exit).toBe(0);
    expect(files[0]?.problems.map((problem) => problem.level)).not.toContain("error");
    expect(files[0]?.problems.map((problem) => problem.code)).toContain("AZP003");
  });

  it("exits 4 for a missing file, 1 for a link or a folder", async () => {
    const at = place();
    const missing = await at.run("policy", "check", "nowhere.yml", "--json");
    expect([missing.exit, missing.json()]).toEqual([4, {
      v: 1,
      error: expect.objectContaining({ code: "POLICY_MISSING" }),
    }]);
    symlinkSync(join(at.cwd, ".agentzero/policy.yml"), join(at.cwd, "link.yml"));
    for (const name of ["link.yml", "."]) {
      const ran = await at.run("policy", "check", name, "--json");
      expect([ran.exit, ran.json()]).toEqual([
        1,
        expect.objectContaining({
          ok: false,
          files: [expect.objectContaining({ problems: [expect.objectContaining({ code: "POLICY_PERM" })] })],
        }),
      ]);
    }
    rmSync(join(at.cwd, ".agentzero/policy.yml"));
    expect((await at.run("policy", "check")).exit).toBe(4);
  });

  it("is told the same of a file that cannot be read, whatever was to be done with it", async () => {
    const at = await trustedHere();
    symlinkSync(join(at.cwd, ".agentzero/policy.yml"), join(at.cwd, "link.yml"));
    const session = "ses_01K9ABCDEFGHJKMNPQRSTVWXYZ";
    for (
      const words of [["lint", "link.yml"], ["diff", "default", "link.yml"], ["test", "link.yml"], [
        "replay",
        session,
        "--policy",
        "link.yml",
      ]]
    ) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const ran = await at.here("policy", ...words, "--json");
      expect([ran.exit, JSON.parse(ran.stdout)]).toMatchObject([7, {
        error: {
          code: "POLICY_PERM",
          message: expect.stringMatching(/^Cannot [^:]+: it is a link$/),
          hint: expect.stringMatching(/^replace ".*link\.yml" by the file itself$/),
        },
      }]);
    }
  });
});

describe("policy explain", () => {
  it("prints the contract's object and more, and exits 0 whatever the answer", async () => {
    const at = await trusted();
    const ran = await at.run("policy", "explain", "file_read", "--path", "../x", "--json");
    expect(ran.exit).toBe(0);
    const outside = join(at.cwd, "../x");
    expect(ran.json()).toEqual({
      v: 1,
      decision: "deny",
      rule: null,
      layer: null,
      reason: "no_match: no rule allows this file_read",
      matches: [],
      near_misses: [
        { rule: "read-project", failed: "paths", saw: outside },
        { rule: "no-secret-files", failed: "paths", saw: outside },
      ],
      actions: [{
        capability: "file_read",
        target: outside,
        classification: ["private"],
        decision: "deny",
        rule: null,
        layer: null,
        reason: "no_match: no rule allows this file_read",
      }],
      obligations: { redact: [], max_bytes: null },
      hint: `the smallest edit: add "${outside}" to \`paths\` of rule "read-project" (project), line 19`,
    });
    const text = await at.run("policy", "explain", "file_read", "--path", "README.md");
    expect(text.stdout).toContain('allow, by rule "read-project" (project)');
  });

  it("knows the built-in skills: signed, and covered by what they declare", async () => {
    const at = await trustedHere();
    async function decided(...words: readonly string[]): Promise<unknown> {
      const ran = await at.here("policy", "explain", ...words, "--skill", "repo-security-audit", "--json");
      const { decision, rule } = JSON.parse(ran.stdout) as { decision: string; rule: string | null };
      return [decision, rule];
    }
    expect(await decided("skill_load")).toEqual(["allow", "signed-skill"]);
    expect(await decided("file_read", "--path", "README.md")).toEqual(["allow", "read-project"]);
    expect(await decided("shell_command", "--command", "ls")).toEqual(["deny", "skill.permissions"]);
  });

  it("reads each kind of target from its options", async () => {
    const at = await trusted();
    const cases: readonly (readonly [readonly string[], string, string | null])[] = [
      [["file_read", "--path", "sub/.env"], "deny", "no-secret-files"],
      [["file_write", "--path", "coverage/x", "--staged"], "allow", "keep-reports"],
      [["shell_command", "--argv", '["git","show","HEAD:.env"]'], "deny", "no-secret-files"],
      [["shell_command", "--command", "x $(y)", "--secrets"], "requires_approval", "floor.opaque-shell"],
      [["network_request", "--host", "127.0.0.1", "--port", "80", "--method", "post"], "deny", "floor.address"],
      [
        ["model_call", "--host", "api.example.com", "--remote", "--class", "public,secret"],
        "deny",
        "floor.egress-class",
      ],
      [["secret_handle_usage", "--secret", "github/token", "--host", "api.example.com"], "deny", null],
      [["package_install", "--package", "acme/pdf"], "requires_approval", "install"],
      [["skill_load", "--skill", "agentzero/license-check"], "allow", "signed-skill"],
      [["wasm_host_call", "--import", "az:host/filesystem"], "allow", "wasm-imports"],
    ];
    for (const [args, decision, rule] of cases) {
      const ran = await at.run("policy", "explain", ...args, "--json");
      expect([args, ran.exit, ran.json()]).toEqual([args, 0, expect.objectContaining({ decision, rule })]);
    }
  });

  it("decides every command of a line and reports the worst", async () => {
    const at = await trusted();
    const ran = await at.run(
      "policy",
      "explain",
      "shell_command",
      "--command",
      "git status && git show HEAD:.env",
      "--tainted",
      "--json",
    );
    const { decision, rule, actions } = ran.json() as {
      decision: string;
      rule: string;
      actions: { capability: string; decision: string }[];
    };
    expect([decision, rule]).toEqual(["deny", "no-secret-files"]);
    expect(actions.map((action) => `${action.capability} ${action.decision}`)).toContain("shell_command allow");
    expect(actions.map((action) => `${action.capability} ${action.decision}`)).toContain("file_read deny");
  });

  it("says of a target that no action may have what the call would say: denied, by no rule", async () => {
    const at = await trusted();
    const cases: readonly (readonly [readonly string[], string])[] = [
      [["network_request", "--url", "https://good.example:443@evil.example/"], "invalid_target: Cannot use URL"],
      [["file_read", "--path", "a".repeat(5000)], "invalid_target: Cannot resolve path"],
      [["shell_command", "--command", " "], "invalid_target: Cannot plan command"],
      [
        ["secret_handle_usage", "--secret", "GitHub/token", "--host", "a.example.com"],
        "invalid_target: malformed handle",
      ],
    ];
    for (const [args, reason] of cases) {
      const ran = await at.run("policy", "explain", ...args, "--json");
      const expected = { v: 1, decision: "deny", rule: null, layer: null, reason: expect.stringContaining(reason) };
      expect([args[0], ran.exit, ran.json()]).toEqual([args[0], 0, expect.objectContaining(expected)]);
      expect((await at.run("policy", "explain", ...args)).exit).toBe(0);
    }
  });

  it("is usage, exit 2, without a target or with an unknown word", async () => {
    const at = place();
    for (
      const args of [["file_raed", "--path", "x"], ["file_read", "--path", ""], ["file_read"], [
        "file_read",
        "--path",
        "x",
        "--last",
      ]]
    ) {
      const ran = await at.run("policy", "explain", ...args, "--json");
      expect([args, ran.exit, Object.keys(ran.json())]).toEqual([args, 2, ["v", "error"]]);
    }
  });

  it("explains a recorded call again", async () => {
    const at = await trusted();
    const call = await at.run("call", "write", '{"path":"a.ts","content":"x"}', "--json");
    const { call: id } = call.json() as { call: string };
    for (const args of [["--last"], ["--call", id]]) {
      const ran = await at.run("policy", "explain", ...args, "--json");
      expect([ran.exit, ran.json()]).toEqual([
        0,
        expect.objectContaining({ decision: "requires_approval", rule: "write-project" }),
      ]);
    }
    expect((await at.run("policy", "explain", "--call", "call_01K00000000000000000000000", "--json")).exit).toBe(4);
    expect((await place().run("policy", "explain", "--last")).exit).toBe(4);
  });
});

describe("policy trust", () => {
  it("wants the right hash where there is no terminal, records it, and says what changes", async () => {
    const at = place();
    const file = join(at.cwd, ".agentzero/policy.yml");
    const none = await at.run("policy", "trust", "--json");
    expect([none.exit, none.json()]).toEqual([5, {
      v: 1,
      error: {
        code: "TRUST_DECLINED",
        message: expect.any(String),
        hint: expect.stringContaining(hexOf(DEFAULT_POLICY)),
      },
    }]);
    const other = await at.run("policy", "trust", "--sha256", hexOf("other"), "--json");
    expect([other.exit, other.json()]).toEqual([5, {
      v: 1,
      error: expect.objectContaining({ code: "TRUST_DECLINED", message: expect.stringContaining("another hash") }),
    }]);
    expect((await at.run("policy", "trust", "--sha256", "abc")).exit).toBe(2);
    expect((await at.run("policy", "status", "--json")).json()).toMatchObject({ layers: [{}, {}, { grants: false }] });
    const ran = await at.run("policy", "trust", "--sha256", hexOf(DEFAULT_POLICY), "--json");
    expect([ran.exit, ran.json()]).toEqual([0, {
      v: 1,
      project: at.cwd,
      sha256: `sha256:${hexOf(DEFAULT_POLICY)}`,
      trusted: true,
    }]);
    expect(ran.stderr).toContain("looser   file_read");
    // Trusted already, and nothing else changed: no question, also where nobody could be asked.
    const again = await at.run("policy", "trust", "--json");
    expect([again.exit, again.json()]).toEqual([0, ran.json()]);
    writeFileSync(join(at.cwd, ".agentzero/config.yml"), "v: 1\n");
    expect((await at.run("policy", "trust", "--json")).exit).toBe(5);
    rmSync(join(at.cwd, ".agentzero/config.yml"));
    const [session] =
      ((await at.run("audit", "list", "--json")).json() as { sessions: { session: string }[] }).sessions;
    expect((await at.run("audit", "show", session?.session ?? "", "--json")).stdout).toContain('"trust.change"');
    expect((await at.run("audit", "verify", "--all", "--json")).exit).toBe(0);
    writeFileSync(file, `${DEFAULT_POLICY}# edited\n`);
    expect((await at.run("policy", "status", "--json")).json()).toMatchObject({ layers: [{}, {}, { grants: false }] });
    writeFileSync(file, "version: 1\nrules: []\n");
    for (const args of [["trust"], ["lint"], ["diff", ".agentzero/policy.yml", "default"]]) {
      const broken = await at.run("policy", ...args, "--json");
      expect([args, broken.exit, broken.json()]).toEqual([args, 1, {
        v: 1,
        error: expect.objectContaining({ code: "POLICY_VERSION" }),
      }]);
    }
  });

  it("says after an edit what differs from the policy that was trusted last, and no more", async () => {
    const at = await trustedHere();
    // The first call of a session compiles the policy, and keeps it.
    expect((await at.here("call", "read", '{"path":"README.md"}')).exit).toBe(0);
    const edited = DEFAULT_POLICY.replace("fetch_hosts: [] ", "fetch_hosts: [docs.example.org] ");
    writeFileSync(join(at.cwd, ".agentzero/policy.yml"), edited);
    // Also when a session has started on the edited file, which only forbids.
    expect((await at.here("call", "read", '{"path":"README.md"}')).exit).toBe(5);
    const asked = await at.here("policy", "trust");
    expect(asked.exit).toBe(5);
    const [first = "", ...lines] = asked.stderr.split("\n");
    expect(first).toBe(
      `it differs from the policy that you trusted last (sha256:${hexOf(DEFAULT_POLICY).slice(0, 12)}…):`,
    );
    expect(
      lines.filter((line) => /^ {2}(looser|tighter)/.test(line)).every((line) => line.includes("docs.example.org")),
    )
      .toBe(true);
    expect(asked.stderr).toContain("looser   network_request hosts docs.example.org");
    expect(asked.stderr).toContain("what else it allowed then counts again");
    expect((await at.here("policy", "trust", "--sha256", hexOf(edited))).exit).toBe(0);
    expect((await at.here("policy", "trust", "--sha256", hexOf(edited))).stderr).toContain("it decides as the policy");
  });

  it("believes no file about what was trusted before", async () => {
    const at = await trustedHere();
    expect((await at.here("call", "read", '{"path":"README.md"}')).exit).toBe(0);
    const bundle = join(at.cwd, ".agentzero/state/active.json");
    writeFileSync(bundle, readFileSync(bundle, "utf8").replace("no-secret-files", "no-secret-filez"));
    writeFileSync(join(at.cwd, ".agentzero/policy.yml"), `${DEFAULT_POLICY}# edited\n`);
    expect((await at.here("policy", "trust")).stderr).toContain("trusting it changes:");
  });

  it("refuses what does not load (1), is not there (4), or is no project's policy (2)", async () => {
    const broken = "version: 2\nrules: [\n";
    const at = place(broken);
    const ran = await at.run("policy", "trust", "--sha256", hexOf(broken), "--json");
    expect([ran.exit, ran.json()]).toEqual([1, {
      v: 1,
      error: expect.objectContaining({ message: expect.stringContaining("line") }),
    }]);
    expect((await place(null).run("policy", "trust")).exit).toBe(4);
    const large = place(`version: 2\n#${"x".repeat(1_048_576)}\n`);
    expect((await large.run("policy", "trust", "--json")).json()).toMatchObject({ error: { code: "POLICY_LIMIT" } });
    const typo = await at.run("policy", "trust", "--sha256", "12ab", "--json");
    // Nothing of the file is shown before the command line is right.
    expect([typo.exit, typo.stderr, typo.json()]).toMatchObject([2, "", { error: { code: "USAGE" } }]);
    writeFileSync(join(at.cwd, "draft.yml"), DEFAULT_POLICY);
    expect((await at.run("policy", "trust", "draft.yml")).exit).toBe(2);
  });

  it("refuses a policy that is a link", async () => {
    const at = place(null);
    writeFileSync(join(at.cwd, "real.yml"), DEFAULT_POLICY);
    symlinkSync("../real.yml", join(at.cwd, ".agentzero/policy.yml"));
    const ran = await at.run("policy", "trust", "--sha256", hexOf(DEFAULT_POLICY), "--json");
    expect([ran.exit, ran.json()]).toEqual([7, { v: 1, error: expect.objectContaining({ code: "POLICY_PERM" }) }]);
  });

  it("shows the project's AGENTS.md and configuration, and vouches for them too", async () => {
    const at = place();
    writeFileSync(join(at.cwd, "AGENTS.md"), "Always run the linter.\n");
    writeFileSync(join(at.cwd, ".agentzero/config.yml"), "v: 1\n");
    const ran = await at.run("policy", "trust", "--sha256", hexOf(DEFAULT_POLICY));
    expect(ran.stderr).toContain("| Always run the linter.");
    const { entries } = JSON.parse(readFileSync(join(at.home, "trust/policies.json"), "utf8")) as { entries: object[] };
    expect(entries).toMatchObject([{
      config: `sha256:${hexOf("v: 1\n")}`,
      agents: `sha256:${hexOf("Always run the linter.\n")}`,
    }]);
  });

  it.skipIf(!HAS_PTY)("asks at a terminal, and takes anything but yes as no", async () => {
    const at = place();
    for (const [answer, exit, grants] of [["\r", 5, false], ["n\r", 5, false], ["y\r", 0, true]] as const) {
      const pty = openPty(`${runtimeCommand(ENTRY)} --home ${at.home} policy trust`, {
        cwd: at.cwd,
        env: { HOME: join(at.cwd, "../me") },
      });
      await pty.waitFor("Trust it? [y/N]");
      expect(pty.screen).toContain("looser   file_read");
      expect(pty.screen).toContain(hexOf(DEFAULT_POLICY));
      pty.type(answer);
      expect(await pty.ended).toBe(exit);
      const status = await at.run("policy", "status", "--json");
      expect(status.json()).toMatchObject({ layers: [{}, {}, { grants }] });
    }
  });

  it("ends with untrust, for one project or all", async () => {
    const at = await trusted();
    const hash = `sha256:${hexOf(DEFAULT_POLICY)}`;
    expect((await at.run("policy", "untrust", "--json")).json()).toEqual({
      v: 1,
      project: at.cwd,
      sha256: hash,
      trusted: false,
    });
    expect((await at.run("policy", "untrust", "--json")).json()).toEqual({
      v: 1,
      project: at.cwd,
      sha256: null,
      trusted: false,
    });
    expect((await at.run("policy", "explain", "file_read", "--path", "README.md", "--json")).json()).toMatchObject({
      decision: "deny",
    });
    await at.run("policy", "trust", "--sha256", hexOf(DEFAULT_POLICY));
    const all = await at.run("policy", "untrust", "--all", "--json");
    expect(all.json()).toEqual({ v: 1, untrusted: [{ project: at.cwd, sha256: hash, trusted: false }] });
    expect((await at.run("policy", "untrust", "--all", ".agentzero/policy.yml")).exit).toBe(2);
  });
});

describe("policy test", () => {
  it("runs test files on the live layers, and the layers' own tests", async () => {
    const at = await trusted();
    mkdirSync(join(at.cwd, "ci"));
    writeFileSync(
      join(at.cwd, "ci/files.policy-test.yml"),
      `version: 2
tests:
  - { name: readme, request: { capability: file_read, path: README.md }, expect: allow, rule: read-project }
  - { request: { capability: file_write, path: a.ts }, expect: allow }
`,
    );
    const ran = await at.run("policy", "test", "--json", "--coverage", "--mutate");
    expect(ran.exit).toBe(1);
    const result = ran.json() as { tests: object[]; uncovered: string[]; survivors: object[] };
    expect(result).toMatchObject({ v: 1, ok: false, passed: 7, failed: 1 });
    expect(result.tests.slice(0, 2)).toEqual([
      {
        file: "ci/files.policy-test.yml",
        name: "readme",
        ok: true,
        expected: 'allow by "read-project"',
        got: 'allow by "read-project"',
      },
      {
        file: "ci/files.policy-test.yml",
        name: "line 4",
        ok: false,
        expected: "allow",
        got: 'requires_approval by "write-project"',
      },
    ]);
    expect(result.uncovered).toContain("install");
    expect(result.uncovered).not.toContain("read-project");
    expect((await at.run("policy", "test", "ci", "--json")).json()).toMatchObject({ failed: 1 });
    writeFileSync(join(at.cwd, "ci/files.policy-test.yml"), "version: 2\nrules: []\n");
    expect((await at.run("policy", "test", "--json")).exit).toBe(1);
    expect((await at.run("policy", "test", "nowhere")).exit).toBe(4);
  });

  it.skipIf(process.getuid?.() === 0)(
    "passes over a folder that is closed to it (root opens every folder)",
    async () => {
      const at = await trustedHere();
      const closed = join(at.cwd, "data");
      mkdirSync(closed, { mode: 0o000 });
      try {
        const all = await at.here("policy", "test");
        expect([all.exit, all.stderr]).toEqual([0, expect.stringContaining('"data": EACCES')]);
        const named = await at.here("policy", "test", "data", "--json");
        expect([named.exit, JSON.parse(named.stdout)]).toMatchObject([1, { error: { code: "POLICY_READ" } }]);
      } finally {
        chmodSync(closed, 0o700);
      }
    },
  );
});

describe("policy lint", () => {
  it("exits 1 on errors, with --strict on warnings", async () => {
    const at = place();
    const ran = await at.run("policy", "lint", "--json");
    const { ok, findings } = ran.json() as {
      ok: boolean;
      findings: { code: string; level: string; rule: string; message: string; fix: string }[];
    };
    expect([ran.exit, ok]).toEqual([0, true]);
    expect(findings[0]).toMatchObject({
      code: expect.stringMatching(/^AZP\d{3}$/),
      level: "warning",
      rule: expect.any(String),
      fix: expect.any(String),
    });
    expect((await at.run("policy", "lint", "--strict")).exit).toBe(1);
    writeFileSync(
      join(at.cwd, "wide.yml"),
      "version: 2\nrules:\n  - { id: all, effect: allow, capability: file_write, paths: [/**] }\n",
    );
    expect((await at.run("policy", "lint", "wide.yml", "--json")).exit).toBe(1);
  });
});

describe("policy diff", () => {
  it("shows what two policies decide differently", async () => {
    const at = await trusted();
    const same = await at.run("policy", "diff", "active", "default", "--json");
    expect([same.exit, same.json()]).toEqual([0, expect.objectContaining({ v: 1, same: true, changes: [] })]);
    const tighter = await at.run("policy", "diff", "default", "private", "--json", "--fail-on", "looser");
    const looser = await at.run("policy", "diff", "private", "default", "--json", "--fail-on", "looser");
    expect(looser.exit).toBe(1);
    expect((await at.run("policy", "diff", "private", "default")).exit).toBe(0);
    const { changes } = tighter.json() as { changes: object[] };
    expect(changes[0]).toMatchObject({
      capability: expect.any(String),
      region: expect.any(String),
      from: expect.any(String),
      to: expect.any(String),
      witness: expect.any(Object),
    });
    expect((await at.run("policy", "diff", "active", "lkg", "--json")).exit).toBe(4);
    expect((await at.run("policy", "diff", "active", "nowhere.yml", "--json")).exit).toBe(4);
    expect((await at.run("policy", "diff", "active", "default", "--fail-on", "x")).exit).toBe(2);
  });
});

describe("policy schema", () => {
  it("prints JSON Schema 2020-12", async () => {
    const ran = await place().run("policy", "schema");
    expect([ran.exit, JSON.parse(ran.stdout)]).toEqual([
      0,
      expect.objectContaining({ $schema: "https://json-schema.org/draft/2020-12/schema" }),
    ]);
  });
});

describe("policy replay and suggest", () => {
  it("decide what was recorded with another policy, and propose rules for what was approved", async () => {
    const at = await trusted();
    const sessions: string[] = [];
    for (const content of ["1", "2"]) {
      const ran = await at.run("call", "write", JSON.stringify({ path: "a.ts", content }), "--approve", "--json");
      sessions.push((ran.json() as { session: string }).session);
    }
    writeFileSync(join(at.cwd, "private.yml"), PRIVATE_POLICY);
    writeFileSync(
      join(at.cwd, "open.yml"),
      DEFAULT_POLICY.replace(
        "{ id: write-project, effect: requires_approval,",
        "{ id: write-project, effect: allow_with_redaction, redact: [secret],",
      ).replace(/^tests:[\s\S]*/m, ""),
    );
    const same = await at.run("policy", "replay", ...sessions, "--policy", "private.yml", "--json", "--fail-on", "any");
    expect([same.exit, same.json()]).toEqual([0, {
      v: 1,
      actions: 2,
      same: 2,
      looser: 0,
      tighter: 0,
      inexact: 0,
      changed: [],
    }]);
    const looser = await at.run(
      "policy",
      "replay",
      sessions[0] ?? "",
      "--policy",
      "open.yml",
      "--json",
      "--fail-on",
      "looser",
    );
    expect([looser.exit, looser.json()]).toEqual([
      1,
      expect.objectContaining({
        actions: 1,
        looser: 1,
        changed: [{
          session: sessions[0],
          seq: expect.any(Number),
          capability: "file_write",
          target: join(at.cwd, "a.ts"),
          from: "requires_approval",
          to: "allow_with_redaction",
          rule_from: "write-project",
          rule_to: "write-project",
        }],
      }),
    ]);
    // A command is decided again in the folder that it started in.
    mkdirSync(join(at.cwd, "src"));
    const shell = await at.run("call", "shell", JSON.stringify({ command: "cd src && git status" }), "--json");
    const { session } = shell.json() as { session: string };
    const rule =
      '{ id: no-src, effect: deny, capability: shell_command, cwd: ["${project}/src/**"], reason: not there }';
    writeFileSync(join(at.cwd, "src.yml"), DEFAULT_POLICY.replace("rules:\n", `rules:\n  - ${rule}\n`));
    expect((await at.run("policy", "replay", session, "--policy", "src.yml", "--json")).json()).toMatchObject({
      same: 0,
      tighter: 1,
      inexact: 0,
      changed: [{ target: "cd src && git status", from: "allow", to: "deny", rule_to: "no-src" }],
    });
    const { suggestions } = (await at.run("policy", "suggest", "--json")).json() as {
      suggestions: { yaml: string; events: object[]; diff: object[] }[];
    };
    expect(suggestions).toMatchObject([{
      yaml: expect.stringContaining('"${project}/a.ts"'),
      events: [{}, {}],
      diff: [{ to: "allow" }],
    }]);
    expect((await at.run("policy", "suggest", "--min", "3", "--json")).json()).toEqual({ v: 1, suggestions: [] });
    expect((await at.run("policy", "suggest", "--min", "none")).exit).toBe(2);
    // A record that somebody touched is no ground for a decision.
    const log = join(at.cwd, `.agentzero/audit/${sessions[0]}.jsonl`);
    writeFileSync(log, readFileSync(log, "utf8").replace('"seq":2', '"seq":3'));
    expect((await at.run("policy", "replay", sessions[0] ?? "", "--policy", "open.yml", "--json")).exit).toBe(7);
    const rest = await at.run("policy", "suggest", "--min", "1", "--json");
    expect([rest.exit, rest.stderr, rest.json()]).toEqual([
      7,
      expect.stringContaining(`Cannot use the record of ${sessions[0]}`),
      { v: 1, suggestions: [expect.objectContaining({ events: [expect.objectContaining({ session: sessions[1] })] })] },
    ]);
    const one = await at.run("policy", "suggest", "--session", sessions[0] ?? "", "--json");
    expect([one.exit, one.json()]).toMatchObject([7, { error: { hint: `agentzero audit verify ${sessions[0]}` } }]);
    const none = await at.run("policy", "suggest", "--session", "ses_01K9ABCDEFGHJKMNPQRSTVWXYZ", "--json");
    expect([none.exit, none.json()]).toMatchObject([4, { error: { code: "NOT_FOUND" } }]);
    expect((await at.run("policy", "replay", "ses_01K00000000000000000000000", "--policy", "open.yml")).exit).toBe(4);
    expect((await at.run("policy", "replay", sessions[0] ?? "", "--policy", "nowhere.yml")).exit).toBe(4);
    expect(existsSync(join(at.cwd, ".agentzero/policy.yml"))).toBe(true);
  });
});
