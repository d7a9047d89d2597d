import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AtomicAction, type Classification, digestOf, loadSodium, type Verdict } from "../../core/mod.ts";
import { floorPlaces } from "../../policy/floor.ts";
import {
  type CommandPlan,
  createPermits,
  openPolicy,
  parseCommand,
  parseUrl,
  type PolicyEngine,
  resolvePath,
  trustPolicy,
} from "../../policy/mod.ts";
import { writeBundle } from "../../policy/bundle.ts";
import { compilePolicy } from "../../policy/compile.ts";
import { decide } from "../../policy/decide.ts";
import { stateOf } from "../../policy/embedded-tests.ts";
import { DEFAULT_POLICY } from "../../policy/templates.ts";
import { handClock, seededRandom } from "../support/core-rig.ts";
import { tempDir } from "../support/temp-dir.ts";
import { layerOf } from "./policy-text.ts";

/** Words are allowed one by one here, all other commands ask; the rest is as `init` writes it. */
const CAREFUL = withoutShell(DEFAULT_POLICY).replace("fetch_hosts: []", "fetch_hosts: [good.example.com]").replace(
  "  - { id: keep-reports",
  `  - { id: look, effect: allow, capability: shell_command, cwd: [$here], argv: $ARGV, options: $OPTIONS }
  - { id: ask-commands, effect: requires_approval, capability: shell_command, cwd: [$here],
      except: { argv: $ARGV, options: $OPTIONS } }
  - { id: keep-reports`,
).replaceAll("$ARGV", '[[git, [status, diff, log], "..."], [ls, "..."], [cat, "..."]]').replaceAll(
  "$OPTIONS",
  '["--stat", "-l"]',
);

/** Leaves out the rule that lets any line run, and the tests about it. */
function withoutShell(policy: string): string {
  const [from, to] = [policy.indexOf("  - { id: shell,"), policy.indexOf("  - { id: keep-reports")];
  const rest = policy.slice(0, from) + policy.slice(to);
  return rest.split("\n").filter((line) => !line.includes("request: { capability: shell_command")).join("\n");
}

interface Rig {
  readonly project: string;
  readonly home: string;
  readonly engine: PolicyEngine;
}

function keysOf(owner: string): { derive(label: string): Uint8Array } {
  return { derive: (label) => createHash("sha256").update(`${owner} ${label}`).digest() };
}

/** A project with a policy, trusted or not, and an engine on it. */
async function open(policy: string, { trusted = true, before = (_project: string) => {} } = {}): Promise<Rig> {
  const root = tempDir();
  const [project, home] = [join(root, "project"), join(root, "home/.agentzero")];
  for (const folder of [join(project, ".agentzero/state"), home]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(project, ".agentzero/policy.yml"), policy);
  chmodSync(join(project, ".agentzero/policy.yml"), 0o600);
  const store = { home, keys: keysOf("me"), clock: handClock(), random: seededRandom() };
  await loadSodium();
  if (trusted) {
    const sha256 = `sha256:${createHash("sha256").update(policy).digest("hex")}`;
    trustPolicy(store, { project, sha256, config: null, agents: null });
  }
  before(project);
  const engine = await openPolicy({
    ...store,
    project,
    userHome: join(root, "home"),
    tmp: join(root, "tmp"),
    systemFile: join(root, "no-system-policy.yml"),
    mode: "ask",
  });
  return { project, home, engine };
}

function fileAction(capability: "file_read" | "file_write", path: string, project: string): AtomicAction {
  return {
    capability,
    target: resolvePath(path, project),
    classes: ["private"],
    tier: capability === "file_read" ? "host-readonly" : "host-supervised",
    tainted: false,
    skill: null,
  };
}

function planOf({ project }: Rig, command: string, { tainted = false, cwd = project } = {}): CommandPlan {
  return parseCommand({ command, cwd, project, lookup: (word) => `/usr/bin/${word}`, secrets: false, tainted });
}

function run(rig: Rig, command: string, more: { readonly tainted?: boolean; readonly cwd?: string } = {}): Verdict {
  return rig.engine.decideAll(planOf(rig, command, more).actions).worst;
}

/** `LINE: DECISION by RULE` of each line. */
function outcomes(rig: Rig, lines: readonly string[], more: { readonly tainted?: boolean } = {}): readonly string[] {
  return lines.map((line) => told(line, run(rig, line, more)));
}

/** The same for paths. */
function pathOutcomes(rig: Rig, capability: "file_read" | "file_write", paths: readonly string[]): readonly string[] {
  return paths.map((path) => told(path, rig.engine.decide(fileAction(capability, path, rig.project))));
}

function told(what: string, { decision, rule }: Pick<Verdict, "decision" | "rule">): string {
  return `${what}: ${decision} by ${rule ?? "no rule"}`;
}

function all(what: readonly string[], decision: Verdict["decision"], rule: string | null): readonly string[] {
  return what.map((one) => told(one, { decision, rule }));
}

function request(
  url: string,
  more: Partial<{ addresses: readonly string[]; tainted: boolean; classes: readonly Classification[] }> = {},
): AtomicAction {
  const { scheme, host, port, url: whole } = parseUrl(url);
  return {
    capability: "network_request",
    target: { kind: "network", url: whole, scheme, host, port, method: "GET", addresses: more.addresses ?? null },
    classes: more.classes ?? ["private"],
    tier: "host-supervised",
    tainted: more.tainted ?? false,
    skill: null,
  };
}

describe("threats: paths and own state", () => {
  it("denies a link in the project to a key outside, by either name", async () => {
    const rig = await open(DEFAULT_POLICY);
    writeFileSync(join(rig.project, "../id_rsa"), "fake");
    symlinkSync("../id_rsa", join(rig.project, "notes.txt"));
    symlinkSync("..", join(rig.project, "up"));
    const paths = ["notes.txt", "up/id_rsa", "../id_rsa", "up/project/notes.txt"];
    expect(pathOutcomes(rig, "file_read", paths)).toEqual(all(paths, "deny", "no-secret-files"));
    expect(pathOutcomes(rig, "file_read", ["up"])).toEqual(all(["up"], "deny", null));
    expect(pathOutcomes(rig, "file_write", ["up/new.txt"])).toEqual(all(["up/new.txt"], "deny", null));
  });

  it("denies a link outside to a key in the project by its real name", async () => {
    const rig = await open(DEFAULT_POLICY);
    writeFileSync(join(rig.project, "server.key"), "fake");
    symlinkSync("project/server.key", join(rig.project, "../harmless"));
    expect(pathOutcomes(rig, "file_read", ["../harmless"])).toEqual(all(["../harmless"], "deny", "no-secret-files"));
  });

  it.for([[true, "deny"], [false, "allow"]] as const)(
    "reads .ENV as .env where the disk folds case: %s",
    ([fold, decision]) => {
      const roots = { project: "/Users/ann/shop", home: "/Users/ann", tmp: "/tmp", skill_data: null, fold };
      const policy = compilePolicy([layerOf(DEFAULT_POLICY)], roots);
      const path = "/Users/ann/shop/.ENV";
      const target = { kind: "path", real: path, lexical: path, file: "file", staged: false } as const;
      const state = stateOf(policy, floorPlaces(["/Users/ann/.agentzero"], policy.roots));
      expect(decide(state, { ...fileAction("file_read", "/", "/"), target }).decision).toBe(decision);
    },
  );

  it("denies writing its own state, by every route", async () => {
    const rig = await open(DEFAULT_POLICY);
    symlinkSync(".agentzero", join(rig.project, "az"));
    mkdirSync(join(rig.project, "sub"));
    const paths = [
      ".agentzero/policy.yml",
      "az/policy.yml",
      ".agentzero/skills/x/SKILL.md",
      "sub/../.agentzero/new",
      join(rig.home, "policy.yml"),
    ];
    expect(pathOutcomes(rig, "file_write", paths)).toEqual(all(paths, "deny", "floor.own-state"));
    const kept = [".agentzero/audit/x", ".agentzero/sessions/x", ".agentzero/state/x", join(rig.home, "keys/tag.key")];
    expect(pathOutcomes(rig, "file_read", kept)).toEqual(all(kept, "deny", "floor.own-state"));
    const lines = [
      "echo x > .agentzero/policy.yml",
      "echo x > az/policy.yml",
      "for i in a; do echo $i > .agentzero/policy.yml; done",
      "cd az && echo x > policy.yml",
    ];
    expect(outcomes(rig, lines)).toEqual(all(lines, "deny", "floor.own-state"));
  });
});

describe("threats: the shell", () => {
  it("lets run what everybody runs, without a question", async () => {
    const lines = [
      "npm test",
      "find . -name '*.ts' | xargs wc -l",
      "git log --oneline | head -3",
      "git status | head -3",
      "npm test && git status | head -3",
      "npm run build > build.log 2>&1",
      "git commit -m 'fix: x'",
      "git add -A",
      "for f in *; do wc $f; done",
      "echo x > src/a.ts",
    ];
    const rig = await open(DEFAULT_POLICY);
    expect(outcomes(rig, lines)).toEqual(all(lines, "allow", "shell"));
    expect(outcomes(rig, lines, { tainted: true })).toEqual(all(lines, "allow", "shell"));
    const known = ["git status", "git diff --stat | cat -l", "ls -l"];
    expect(outcomes(await open(CAREFUL), known)).toEqual(all(known, "allow", "look"));
  });

  it.for(
    [
      ["a second command", "git status; rm -rf x"],
      ["a second line", "git status\nrm -rf x"],
      ["a pipe", "git log | sh"],
      ["an option nobody listed", "git diff --output=f"],
      ["a backtick in a here-document", "cat <<E\n`rm -rf x`\nE"],
      ["a substitution", "ls $(rm -rf x)"],
      ["a wrapper", "env git status"],
      ["a quoted name", "'git' status"],
      ["a program of the project", "./git status"],
      ["an option before the subcommand", "git -c core.pager=rm log"],
      ["a background job", "git status & rm -rf x"],
      ["an invisible character", "git status\u202e"],
    ] as const,
  )("asks about %s where words are allowed one by one", async ([, line]) => {
    expect(outcomes(await open(CAREFUL), [line])).toEqual(all([line], "requires_approval", "ask-commands"));
  });

  it("denies a denied program in every disguise", async () => {
    const deny =
      '\n  - { id: no-rm, effect: deny, capability: shell_command, argv: [[rm, "..."]], reason: no }\n  # Network';
    const rig = await open(DEFAULT_POLICY.replace("\n  # Network", deny));
    const lines = [
      ..."rm -rf x|ls; rm x|/bin/rm x|../bin/rm x|'rm' x|r\\m x|$'\\x72m' x|echo $(rm x)|echo `rm x`|env rm x|xargs rm"
        .split("|"),
      ..."sh -c 'rm x'|bash <<< 'rm x'|eval 'eval rm x'|find . -exec rm {} +|f() { rm x; }; f|timeout 5 nice -n 3 rm x"
        .split("|"),
      ..."git -c alias.z='!rm x' z|X=1 rm x|rm x &|if true; then rm x; fi|cat <<E\n$(rm x)\nE".split("|"),
    ];
    expect(outcomes(rig, lines)).toEqual(all(lines, "deny", "no-rm"));
    expect(outcomes(rig, ["ls rm"])).toEqual(all(["ls rm"], "allow", "shell"));
  });

  it("hides what a path rule denies from every command, and from git's store", async () => {
    const rig = await open(DEFAULT_POLICY);
    const masked = rig.engine.masks();
    const hidden = [".env", "a/b/.env.local", "cert.pem", "id_ed25519"].map((name) => masked(join(rig.project, name)));
    expect(hidden).toEqual(hidden.map(() => "no-secret-files"));
    expect(masked(join(rig.project, "README.md"))).toBeNull();
    // A command may run: it meets the mask.
    expect(outcomes(rig, ["cat .env"])).toEqual(all(["cat .env"], "allow", "shell"));
    const lines = [
      ..."git show HEAD:.env|git log -p -- .env|git diff HEAD~1 -- a/.env|env git show HEAD:.env|echo $(git show :.env)"
        .split("|"),
      "cat < .env",
      "cd . && git show HEAD:.env",
    ];
    expect(outcomes(rig, lines)).toEqual(all(lines, "deny", "no-secret-files"));
    // The same in a tool or skill, on whoever's behalf.
    const trust = "signed" as const;
    const skill = { id: "x", version: null, publisher: null, digest: null, trust, permissions: null, roots: {} };
    expect(rig.engine.decide({ ...fileAction("file_read", ".env", rig.project), skill }).decision).toBe("deny");
    expect(pathOutcomes(rig, "file_read", [".env"])).toEqual(all([".env"], "deny", "no-secret-files"));
  });

  it("asks about packages that a command would install or run, in any wrapping", async () => {
    const rig = await open(DEFAULT_POLICY);
    const installs = ["npm install left-pad", "env npm i x", "sh -c 'pip install x'"];
    expect(outcomes(rig, installs)).toEqual(all(installs, "requires_approval", "install"));
    const runs = ["npx cowsay", "echo $(npx cowsay)"];
    expect(outcomes(rig, runs)).toEqual(all(runs, "requires_approval", "run-on-host"));
  });
});

describe("threats: the network", () => {
  const url = "https://good.example.com/";

  it.for(["https://good.example.com:443@evil.example/", "https://good.example.com\\@evil.example/"])(
    "refuses a URL that hides its host: %s",
    (hiding) => expect(() => request(hiding)).toThrow(expect.objectContaining({ code: "URL_INVALID" })),
  );

  it("denies a listed name that resolves to where no stranger may reach", async () => {
    const { engine } = await open(CAREFUL);
    const seen = [null, "93.184.216.34"].map((one) =>
      engine.decide(request(url, one === null ? {} : { addresses: [one] }))
    );
    expect(seen.map(({ rule }) => rule)).toEqual(["fetch-hosts", "fetch-hosts"]);
    const addresses = "10.0.0.1 127.0.0.1 169.254.169.254 ::ffff:10.0.0.1 64:ff9b::a9fe:a9fe 0.0.0.0 fd00::1".split(
      " ",
    );
    const verdicts = addresses.map((one) =>
      told(one, engine.decide(request(url, { addresses: ["93.184.216.34", one] })))
    );
    expect(verdicts).toEqual(all(addresses, "deny", "floor.address"));
    const others = ["https://10.0.0.1/", "https://2130706433/", "https://[::1]/", "https://evil.example.org/"];
    expect(others.map((other) => engine.decide(request(other)).decision)).toEqual(others.map(() => "deny"));
  });

  it("denies sending secret data, and asks when untrusted text shaped the request", async () => {
    const { engine } = await open(CAREFUL);
    expect(engine.decide(request(url, { classes: ["private", "secret"] }))).toMatchObject({
      rule: "floor.egress-class",
    });
    expect(engine.decide(request(url, { tainted: true })).decision).toBe("requires_approval");
  });

  it("asks when a file's text becomes a command, unless a rule accepts taint", async () => {
    const rig = await open(CAREFUL);
    expect(outcomes(rig, ["git status"])).toEqual(all(["git status"], "allow", "look"));
    const tainted = outcomes(rig, ["git status"], { tainted: true });
    expect(tainted).toEqual(all(["git status"], "requires_approval", "floor.taint"));
  });
});

describe("threats: approvals and the policy file", () => {
  it("asks again in another folder, for other words, and when untrusted text asks", async () => {
    const rig = await open(CAREFUL);
    mkdirSync(join(rig.project, "sub"));
    const action = planOf(rig, "npm test").actions[0];
    const terms = action === undefined ? null : rig.engine.decide(action).approval;
    if (action === undefined || terms === null) throw new Error("nothing is asked");
    await rig.engine.remember({ action, terms, scope: "session", by: "terminal" });
    expect(run(rig, "npm test")).toMatchObject({ decision: "requires_approval", granted: "session" });
    const others = [
      ["npm test", { cwd: join(rig.project, "sub") }],
      ["cd sub && npm test", {}],
      ["npm test x", {}],
      ["npm test > out", {}],
      ["npm test", { tainted: true }],
      ["npm test; ls $x", {}],
    ] as const;
    expect(others.map(([line, more]) => run(rig, line, more)))
      .toEqual(others.map(() => expect.objectContaining({ decision: "requires_approval", granted: null })));
  });

  it("spends a permit only for exactly what was approved", async () => {
    await loadSodium();
    const desk = createPermits(handClock());
    const approved = digestOf({ path: "a.ts", after: "one" });
    const call = "call_01ARZ3NDEKTSV4RRFFQ69G5FAV" as never;
    const permit = desk.mint({ call, intent: 1, digest: approved, tier: "host-supervised" });
    const changed = digestOf({ path: "a.ts", after: "two" });
    const refused = expect.objectContaining({ code: "PERMIT_INVALID" });
    expect(() => desk.spend(permit, changed, "host-supervised")).toThrow(refused);
    // Even the right content comes too late: the permit was used up by the attempt.
    expect(() => desk.spend(permit, approved, "host-supervised")).toThrow(refused);
  });

  it("takes no allow from a clone, nor a bundle that somebody else made", async () => {
    const generous = `version: 2
rules:
  - { id: all, effect: allow, capability: [file_read, file_write], paths: ["/**"] }
  - { id: run, effect: allow, capability: shell_command, tainted: any }
  - { id: keys, effect: deny, capability: file_read, paths: ["**/*.md"], reason: tightens all the same }
`;
    const rig = await open(generous, {
      trusted: false,
      before(project) {
        const { document } = layerOf(generous);
        const sha256 = `sha256:${createHash("sha256").update(generous).digest("hex")}`;
        const store = { project, keys: keysOf("the attacker"), clock: handClock(), random: seededRandom() };
        writeBundle(store, [{ layer: "project", path: join(project, ".agentzero/policy.yml"), sha256, document }]);
      },
    });
    expect(pathOutcomes(rig, "file_read", ["a.ts", "a.md"])).toEqual(["a.ts: deny by no rule", "a.md: deny by keys"]);
    expect(pathOutcomes(rig, "file_write", ["a.ts"])).toEqual(["a.ts: deny by no rule"]);
    expect(outcomes(rig, ["ls"])).toEqual(["ls: deny by no rule"]);
  });

  it("lets nothing be loosened by an edit after trust was given", async () => {
    const rig = await open(DEFAULT_POLICY);
    expect(pathOutcomes(rig, "file_read", ["a.ts"])).toEqual(["a.ts: allow by read-project"]);
    const looser = "\n  - { id: mine, effect: allow, capability: file_write, paths: [$here] }\ntests:";
    writeFileSync(join(rig.project, ".agentzero/policy.yml"), DEFAULT_POLICY.replace("\ntests:", looser));
    await rig.engine.refresh();
    expect(pathOutcomes(rig, "file_read", [".env", "a.ts"])).toEqual([
      ".env: deny by no-secret-files",
      "a.ts: deny by no rule",
    ]);
    expect(pathOutcomes(rig, "file_write", ["a.ts"])).toEqual(["a.ts: deny by no rule"]);
  });
});
