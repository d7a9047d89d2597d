import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AtomicAction, sha256 } from "../../core/mod.ts";
import { openPolicy } from "../../policy/engine.ts";
import type { PolicyEngine, PolicyOptions } from "../../policy/engine-types.ts";
import { DEFAULT_POLICY, PRIVATE_POLICY } from "../../policy/templates.ts";
import { trustPolicy, untrustPolicy } from "../../policy/trust.ts";
import { type HandClock, handClock, seededRandom } from "../support/core-rig.ts";
import { tempDir } from "../support/temp-dir.ts";
import { pathOf, read, shortly, toolActor, write } from "./rig.ts";

const DAY = 86_400_000;

interface Rig {
  readonly project: string;
  readonly home: string;
  readonly file: string;
  readonly clock: HandClock;
  readonly options: PolicyOptions;
  readonly open: (more?: Partial<PolicyOptions>) => Promise<PolicyEngine>;
  readonly trust: () => void;
}

function keysOf(owner: string): PolicyOptions["keys"] {
  return { derive: (label) => createHash("sha256").update(`${owner} ${label}`).digest() };
}

/** A project with a policy, a home, and what it takes to open an engine on them. */
function rig(policy: string | null = DEFAULT_POLICY, { trusted = true } = {}): Rig {
  const root = tempDir();
  const [project, home] = [join(root, "shop"), join(root, "home/.agentzero")];
  mkdirSync(join(project, ".agentzero"), { recursive: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const file = join(project, ".agentzero/policy.yml");
  const clock = handClock(Date.now());
  const options: PolicyOptions = {
    project,
    home,
    userHome: join(root, "home"),
    tmp: "/tmp",
    systemFile: join(root, "system.yml"),
    mode: "ask",
    clock,
    random: seededRandom(root),
    keys: keysOf("me"),
  };
  const made: Rig = {
    project,
    home,
    file,
    clock,
    options,
    open: (more = {}) => openPolicy({ ...options, ...more }),
    trust: () => {
      trustPolicy(options, { project, sha256: sha256(readFileSync(file)), config: null, agents: null });
    },
  };
  if (policy !== null) {
    writeFileSync(file, policy);
    if (trusted) made.trust();
  }
  return made;
}

function decided(engine: PolicyEngine, action: AtomicAction): string {
  return shortly(engine.decide(action));
}

describe("openPolicy()", () => {
  it("denies everything where there is no policy at all", async () => {
    const { open, project } = rig(null);
    const engine = await open();
    expect(engine.generation).toMatchObject({ number: 1, state: "active", bundled: true });
    expect(engine.decide(read(`${project}/a`))).toMatchObject({ decision: "deny", hint: "agentzero init" });
    expect(engine.decideAll([])).toMatchObject({
      worst: { decision: "deny", reason: expect.stringMatching(/^invalid_target/) },
    });
  });

  it("counts a project's policy only while its hash is trusted", async () => {
    const { open, project, file, trust, options } = rig(DEFAULT_POLICY, { trusted: false });
    const engine = await open();
    expect(decided(engine, read(`${project}/a`))).toBe("deny -");
    expect(decided(engine, read(`${project}/.env`))).toBe("deny no-secret-files");
    trust();
    expect(await engine.refresh()).toEqual({ changed: true, problem: null });
    expect(engine.generation.number).toBe(2);
    expect(decided(engine, read(`${project}/a`))).toBe("allow read-project");
    // An edit narrows at once; putting the old bytes back is trusted again.
    writeFileSync(file, `${DEFAULT_POLICY}# more\n`);
    expect(await engine.refresh()).toEqual({ changed: true, problem: null });
    expect(decided(engine, read(`${project}/a`))).toBe("deny -");
    writeFileSync(file, DEFAULT_POLICY);
    await engine.refresh();
    expect(decided(engine, read(`${project}/a`))).toBe("allow read-project");
    untrustPolicy(options, project);
    await engine.refresh();
    expect(decided(engine, read(`${project}/a`))).toBe("deny -");
    expect(await engine.refresh()).toEqual({ changed: false, problem: null });
  });

  it("trusts one state at a time: an older policy is not trusted again by being put back", async () => {
    const { open, project, file, trust } = rig();
    writeFileSync(file, PRIVATE_POLICY);
    trust();
    writeFileSync(file, DEFAULT_POLICY);
    expect(decided(await open(), read(`${project}/a`))).toBe("deny -");
  });

  it("does not trust for another project, or by a trust file that somebody edited", async () => {
    const { open, project, home } = rig();
    const path = join(home, "trust/policies.json");
    const text = readFileSync(path, "utf8");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const other = rig(DEFAULT_POLICY, { trusted: false });
    mkdirSync(join(other.home, "trust"));
    writeFileSync(join(other.home, "trust/policies.json"), text.replace(project, other.project));
    expect(decided(await other.open(), read(`${other.project}/a`))).toBe("deny -");
    for (const forged of [text.replace(/"at":\d+/, '"at":1'), text.slice(1), "", "{}", `${text} `]) {
      writeFileSync(path, forged);
      expect(decided(await open(), read(`${project}/a`))).toBe("deny -");
    }
    expect(decided(await open({ keys: keysOf("somebody") }), read(`${project}/a`))).toBe("deny -");
    expect((await open()).tampered()).toEqual([path]);
    writeFileSync(path, text);
    chmodSync(path, 0o644);
    const exposed = await open();
    expect([decided(exposed, read(`${project}/a`)), exposed.tampered()]).toEqual(["deny -", [path]]);
  });

  it("joins system, user and project, and never lets one loosen another", async () => {
    const { open, project, options, home } = rig();
    writeFileSync(
      options.systemFile,
      'version: 2\nrules:\n  - { id: no-docs, effect: deny, capability: file_read, paths: ["${project}/docs/**"] }\n',
    );
    writeFileSync(
      join(home, "policy.yml"),
      'version: 2\nrules:\n  - { id: docs, effect: allow, capability: file_read, paths: ["${project}/docs/**", /srv/**] }\n',
    );
    const engine = await open();
    expect(engine.decide(read(`${project}/docs/a`))).toMatchObject({
      decision: "deny",
      rule: "no-docs",
      layer: "system",
    });
    expect(engine.decide(read("/srv/a"))).toMatchObject({ decision: "allow", rule: "docs", layer: "user" });
    expect(engine.generation.layers.map(({ layer, grants, rules }) => [layer, grants, rules])).toEqual([
      ["system", true, 1],
      ["user", true, 1],
      ["project", true, 16],
    ]);
    rmSync(options.systemFile);
    await engine.refresh();
    expect(engine.decide(read(`${project}/docs/a`))).toMatchObject({ decision: "allow", rule: "docs", layer: "user" });
  });

  it("refuses a policy for everybody that others may write, links, folders and foreign owners", async () => {
    const { open, project, options, home } = rig();
    const user = join(home, "policy.yml");
    for (const path of [options.systemFile, user]) {
      writeFileSync(path, "version: 2\n");
      chmodSync(path, 0o646);
      const engine = await open({ keys: keysOf("other") });
      expect(engine.generation.state).toBe("deny_all");
      expect(engine.generation.layers.flatMap((layer) => layer.problems)).toMatchObject([{ code: "POLICY_PERM" }]);
      rmSync(path);
    }
    writeFileSync(join(home, "real.yml"), "version: 2\n");
    symlinkSync(join(home, "real.yml"), user);
    expect((await open({ keys: keysOf("other") })).generation.state).toBe("deny_all");
    rmSync(user);
    mkdirSync(user);
    expect((await open({ keys: keysOf("other") })).decide(read(`${project}/a`)).reason).toMatch(/^policy_invalid: /);
  });

  it("refuses a project whose .agentzero is a link", async () => {
    const { open, project } = rig();
    renameSync(join(project, ".agentzero"), join(project, "elsewhere"));
    symlinkSync(join(project, "elsewhere"), join(project, ".agentzero"));
    const engine = await open();
    expect(engine.generation.state).toBe("deny_all");
    expect(decided(engine, read(`${project}/a`))).toBe("deny -");
  });

  it("is closed for good", async () => {
    const { open, project } = rig();
    const engine = await open();
    engine.close();
    engine.close();
    expect(decided(engine, read(`${project}/a`))).toBe("deny -");
  });

  it("changes its mode", async () => {
    const { open, project } = rig();
    const engine = await open({ mode: "read-only" });
    expect(decided(engine, write(`${project}/a`))).toBe("deny session.read-only");
    expect(decided(engine, read(`${project}/a`))).toBe("allow read-project");
    engine.setMode("ask");
    expect(decided(engine, write(`${project}/a`))).toBe("requires_approval write-project");
  });

  it("classifies, masks and works without a project", async () => {
    const { open, project, home } = rig(`version: 2
classify: [{ paths: ["\${project}/hr/**"], as: [pii, regulated] }, { hosts: ["*.example.com"], as: [public] }]
rules:
  - { id: no-env, effect: deny, capability: file_read, paths: ["**/.env*"], except: { paths: ["**/.env.example"] } }
  - { id: no-tainted, effect: deny, capability: file_read, paths: ["**/a"], tainted: true }
`);
    const engine = await open();
    expect(engine.classify(pathOf(`${project}/hr/x`))).toEqual(["pii", "regulated"]);
    expect(engine.classify(pathOf(`${project}/x`))).toEqual(["private"]);
    expect(
      engine.classify({
        kind: "network",
        url: "https://a.example.com/",
        scheme: "https",
        host: "a.example.com",
        port: 443,
        method: "GET",
        addresses: null,
      }),
    )
      .toEqual(["public"]);
    const mask = engine.masks();
    expect([mask(`${project}/.env`), mask(`${project}/.env.example`), mask(`${project}/a`)]).toEqual([
      "no-env",
      null,
      null,
    ]);
    expect(mask(`${home}/keys/tag.key`)).toBe("floor.own-state");
    const none = await open({ project: null });
    expect(none.generation).toMatchObject({ state: "active", bundled: null });
    expect(none.decide(read(`${project}/x`)).reason).toMatch(/^no_policy: /);
  });

  it("adds what an untrusted policy calls its data, and keeps the default besides", async () => {
    const { open, project } = rig('version: 2\nclassify: [{ paths: ["${project}/**"], as: [public] }]\n', {
      trusted: false,
    });
    expect((await open()).classify(pathOf(`${project}/x`))).toEqual(["public", "private"]);
  });
});

describe("the compiled bundle", () => {
  it("is used when it fits the files, so that no YAML is read", async () => {
    const { open, project } = rig();
    expect((await open()).generation.bundled).toBe(false);
    expect(statSync(join(project, ".agentzero/state/active.json")).mode & 0o777).toBe(0o600);
    const engine = await open();
    expect(engine.generation.bundled).toBe(true);
    expect(decided(engine, read(`${project}/a`))).toBe("allow read-project");
  });

  it("is rebuilt when a file changed, and the old one becomes the last known good", async () => {
    const { open, file, project, trust } = rig();
    await open();
    const state = join(project, ".agentzero/state");
    const first = readFileSync(join(state, "active.json"), "utf8");
    writeFileSync(file, PRIVATE_POLICY);
    trust();
    expect((await open()).generation.bundled).toBe(false);
    expect(readFileSync(join(state, "lkg.json"), "utf8")).toBe(first);
  });

  it("counts for nothing when it is forged, foreign, of another project or engine, or a link", async () => {
    const { open, project } = rig();
    await open();
    const path = join(project, ".agentzero/state/active.json");
    const text = readFileSync(path, "utf8");
    for (
      const forged of [
        text.replaceAll('"effect":"deny"', '"effect":"allow"'),
        text.replace("azpolicy/1", "azpolicy/0"),
        text.replace(/(?<="mac":"b2:)./, (digit) => (digit === "0" ? "1" : "0")),
        "{}",
        "",
      ]
    ) {
      writeFileSync(path, forged);
      const engine = await open({ readOnlyState: true });
      expect([engine.generation.bundled, decided(engine, read(`${project}/.env`))]).toEqual([
        false,
        "deny no-secret-files",
      ]);
    }
    writeFileSync(path, text);
    expect((await open({ keys: keysOf("somebody"), readOnlyState: true })).generation.bundled).toBe(false);
    const other = rig();
    mkdirSync(join(other.project, ".agentzero/state"));
    writeFileSync(join(other.project, ".agentzero/state/active.json"), text);
    expect((await other.open({ readOnlyState: true })).generation.bundled).toBe(false);
    renameSync(path, join(project, "bundle.json"));
    symlinkSync(join(project, "bundle.json"), path);
    expect((await open({ readOnlyState: true })).generation.bundled).toBe(false);
  });

  it("is not written through a link that a clone brought", async () => {
    const { open, project } = rig();
    mkdirSync(join(project, "target"));
    symlinkSync(join(project, "target"), join(project, ".agentzero/state"));
    expect((await open()).generation.state).toBe("active");
    expect(existsSync(join(project, "target/active.json"))).toBe(false);
  });

  it("is left alone by those who only look, and by a folder that cannot be written", async () => {
    const { open, project } = rig();
    await open({ readOnlyState: true });
    expect(existsSync(join(project, ".agentzero/state"))).toBe(false);
    writeFileSync(join(project, ".agentzero/state"), "a file where the folder belongs");
    expect((await open()).generation.state).toBe("active");
  });
});

describe("a broken policy", () => {
  it("changes nothing in a running session, and says so until it is mended", async () => {
    const { open, project, file } = rig();
    const engine = await open();
    writeFileSync(file, `${DEFAULT_POLICY}foo: 1\n`);
    const { changed, problem } = await engine.refresh();
    expect(changed).toBe(false);
    expect(problem).toContain('unknown key "foo"');
    expect(decided(engine, read(`${project}/a`))).toBe("allow read-project");
    expect((await engine.refresh()).problem).toContain("foo");
    writeFileSync(file, DEFAULT_POLICY);
    expect(await engine.refresh()).toEqual({ changed: false, problem: null });
  });

  it("is stood in for at start by the last good state: everything but reading asks", async () => {
    const { open, project, file } = rig();
    await open();
    writeFileSync(file, "version: 2\nrules: [\n");
    const engine = await open();
    expect(engine.generation.state).toBe("degraded");
    expect(engine.generation.layers[2]).toMatchObject({
      problems: [{ code: "POLICY_SYNTAX" }],
      rules: 16,
      grants: true,
    });
    expect(decided(engine, read(`${project}/a`))).toBe("allow read-project");
    expect(decided(engine, read(`${project}/.env`))).toBe("deny no-secret-files");
    expect(decided(engine, write(`${project}/a`))).toBe("requires_approval floor.degraded");
    writeFileSync(file, DEFAULT_POLICY);
    expect(await engine.refresh()).toEqual({ changed: true, problem: null });
    expect(engine.generation.state).toBe("active");
  });

  it("keeps what other layers say now while one is stood in for", async () => {
    const { open, project, file, home } = rig();
    await open();
    writeFileSync(file, "version: 2\nrules: [\n");
    writeFileSync(
      join(home, "policy.yml"),
      'version: 2\nrules:\n  - { id: no-docs, effect: deny, capability: file_read, paths: ["${project}/docs/**"] }\n',
    );
    expect(decided(await open(), read(`${project}/docs/a`))).toBe("deny no-docs");
  });

  it("is not stood in for by a state that is older than seven days, untrusted or not there", async () => {
    const { open, project, file, clock, options } = rig();
    await open();
    writeFileSync(file, "version: 2\nrules: [\n");
    untrustPolicy(options, project);
    const untrusted = await open();
    expect([untrusted.generation.state, decided(untrusted, read(`${project}/a`))]).toEqual(["degraded", "deny -"]);
    clock.advance(7 * DAY + 1);
    const late = await open();
    expect(late.generation.state).toBe("deny_all");
    expect(late.decide(read(`${project}/a`)).reason).toMatch(/^policy_invalid: /);
    rmSync(join(project, ".agentzero/state"), { recursive: true });
    expect((await open()).generation.state).toBe("deny_all");
  });

  it("is not a deleted one: its rules are gone, nothing revives them", async () => {
    const { open, project, file } = rig();
    await open();
    rmSync(file);
    const engine = await open();
    expect([engine.generation.state, decided(engine, read(`${project}/a`))]).toEqual(["active", "deny -"]);
  });

  it("is not stood in for by a state older than the one in which it was deleted", async () => {
    const { open, file } = rig();
    await open();
    rmSync(file);
    await open();
    writeFileSync(file, "version: 2\nrules: [\n");
    expect((await open()).generation.state).toBe("deny_all");
  });

  it("counts a failing embedded test as broken", async () => {
    const failing = `${DEFAULT_POLICY}  - { request: { capability: file_read, path: /etc/hosts }, expect: allow }\n`;
    const engine = await rig(failing).open();
    expect(engine.generation.layers[2]?.problems).toMatchObject([{ code: "POLICY_TEST" }]);
    expect(engine.generation.state).toBe("deny_all");
  });
});

async function asked(
  engine: PolicyEngine,
  action: AtomicAction,
  scope: "once" | "session" | "project" | "package" | "never",
): Promise<void> {
  const terms = engine.decide(action).approval;
  if (terms === null) throw new Error("nobody was asked");
  await engine.remember({ action, terms, scope, by: "terminal" });
}

describe("remembered answers", () => {
  const LASTING =
    'version: 2\nrules:\n  - { id: ask, effect: requires_approval, capability: file_write, paths: ["${project}/**"], approval: { max_scope: project } }\n';

  it("once gives nothing beyond its permit", async () => {
    const { open, project } = rig();
    const engine = await open();
    await asked(engine, write(`${project}/a`), "once");
    expect(engine.decide(write(`${project}/a`)).granted).toBeNull();
    expect(engine.grants()).toEqual([]);
  });

  it("session answers the same question in this session for 12 hours", async () => {
    const { open, project, clock } = rig();
    const engine = await open();
    await asked(engine, write(`${project}/a`), "session");
    expect(engine.decide(write(`${project}/a`))).toMatchObject({ decision: "requires_approval", granted: "session" });
    expect(engine.decide(write(`${project}/b`)).granted).toBeNull();
    expect((await open()).decide(write(`${project}/a`)).granted).toBeNull();
    clock.advance(DAY / 2);
    expect(engine.decide(write(`${project}/a`)).granted).toBeNull();
    expect(engine.grants()).toEqual([]);
  });

  it("project lasts over sessions, 30 days, for this project and this text of the policy", async () => {
    const { open, project, clock, file, home, trust } = rig(LASTING);
    const engine = await open();
    await asked(engine, write(`${project}/a`), "project");
    expect((await open()).decide(write(`${project}/a`)).granted).toBe("project");
    const [name = ""] = readdirSync(join(home, "grants"));
    expect(name).toMatch(/^[0-9a-f]{32}\.json$/);
    expect(statSync(join(home, "grants", name)).mode & 0o777).toBe(0o600);
    // The rule may mean something else in another text.
    writeFileSync(file, `${LASTING}# edited\n`);
    trust();
    expect((await open()).decide(write(`${project}/a`)).granted).toBeNull();
    writeFileSync(file, LASTING);
    trust();
    expect((await open()).decide(write(`${project}/a`)).granted).toBe("project");
    clock.advance(30 * DAY);
    expect((await open()).decide(write(`${project}/a`)).granted).toBeNull();
  });

  it("ends when it was to end although the clock is set back, and is none before it was given", async () => {
    const { open, project, clock } = rig(LASTING);
    const engine = await open();
    await asked(engine, write(`${project}/a`), "session");
    await asked(engine, write(`${project}/b`), "project");
    clock.advance(DAY / 4);
    clock.setBack(DAY);
    expect(engine.decide(write(`${project}/a`)).granted).toBe("session");
    expect(engine.decide(write(`${project}/b`)).granted).toBe("project");
    clock.advance(DAY / 4);
    expect(engine.decide(write(`${project}/a`)).granted).toBeNull();
    // Whoever starts now sees an answer that will be given tomorrow: it is asked again.
    const later = await open();
    expect([later.decide(write(`${project}/b`)).granted, later.grants()]).toEqual([null, []]);
    await asked(later, write(`${project}/b`), "project");
    expect(later.decide(write(`${project}/b`)).granted).toBe("project");
    // A denial has no end that a clock could move.
    await asked(engine, write(`${project}/b`), "never");
    clock.setBack(400 * DAY);
    expect((await open()).decide(write(`${project}/b`)).decision).toBe("deny");
  });

  it("is seen by a session that was open already, and can be taken back", async () => {
    const { open, project } = rig(LASTING);
    const [one, two] = [await open(), await open()];
    await asked(one, write(`${project}/a`), "project");
    await two.refresh();
    expect(two.decide(write(`${project}/a`)).granted).toBe("project");
    const [grant] = two.grants();
    expect(await two.forget(grant?.id ?? "")).toBe(true);
    expect(await two.forget(grant?.id ?? "")).toBe(false);
    await one.refresh();
    expect(one.decide(write(`${project}/a`)).granted).toBeNull();
  });

  it("never is a stored deny that outranks grants, for this project, without an end", async () => {
    const { open, project, clock } = rig(LASTING);
    const engine = await open();
    await asked(engine, write(`${project}/a`), "project");
    await asked(engine, write(`${project}/a`), "never");
    clock.advance(400 * DAY);
    const verdict = (await open()).decide(write(`${project}/a`, { tainted: true, tier: "wasm-sandbox", skill: null }));
    expect(verdict).toMatchObject({
      decision: "deny",
      rule: expect.stringMatching(/^never\.[0-9a-f]{12}$/),
      layer: "user",
    });
    expect(decided(await open(), write(`${project}/b`))).toBe("requires_approval ask");
  });

  it("is void when its file was edited, or copied from another project", async () => {
    const { open, project, home } = rig(LASTING);
    const engine = await open();
    await asked(engine, write(`${project}/a`), "project");
    const path = join(home, "grants", readdirSync(join(home, "grants"))[0] ?? "");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(`${project}/a`, `${project}/b`));
    const forged = await open();
    expect([forged.decide(write(`${project}/a`)).granted, forged.decide(write(`${project}/b`)).granted]).toEqual([
      null,
      null,
    ]);
    expect([forged.grants(), forged.tampered()]).toEqual([[], [path]]);
    const other = rig(LASTING);
    await other.open();
    mkdirSync(join(other.home, "grants"), { recursive: true });
    writeFileSync(join(other.home, "grants", "x.json"), text);
    expect((await other.open()).decide(write(`${other.project}/a`)).granted).toBeNull();
  });

  it("reaches no further than offered", async () => {
    const { open, project } = rig();
    const engine = await open();
    await expect(asked(engine, write(`${project}/a`), "project")).rejects.toMatchObject({ code: "GRANT_SCOPE" });
    await expect(asked(engine, write(`${project}/a`), "package")).rejects.toMatchObject({ code: "GRANT_SCOPE" });
    await expect(asked(engine, write(`${project}/package.json`), "session")).rejects.toMatchObject({
      code: "GRANT_SCOPE",
    });
  });

  it("answers only when it names every rule that asks now", async () => {
    const { open, project, file, trust } = rig(LASTING);
    const engine = await open();
    await asked(engine, write(`${project}/a`), "session");
    writeFileSync(
      file,
      `${LASTING}  - { id: more, effect: requires_approval, capability: file_write, paths: ["**/a"] }\n`,
    );
    trust();
    await engine.refresh();
    expect(engine.decide(write(`${project}/a`))).toMatchObject({ decision: "requires_approval", granted: null });
  });

  it("given untainted does not cover a tainted action; given tainted it covers both", async () => {
    const { open } = rig("version: 2\nrules:\n  - { id: ask, effect: requires_approval, capability: file_write }\n");
    const engine = await open();
    await asked(engine, write("/srv/a"), "session");
    expect(engine.decide(write("/srv/a", { tainted: true })).granted).toBeNull();
    await asked(engine, write("/srv/b", { tainted: true }), "session");
    expect(engine.decide(write("/srv/b", { tainted: true })).granted).toBe("session");
    expect(engine.decide(write("/srv/b")).granted).toBe("session");
  });

  it("does not pass from a person to a skill, or from one digest of a skill to another", async () => {
    const { open, project } = rig(LASTING);
    const engine = await open();
    const digest = `b2:${"a".repeat(64)}` as const;
    const base = toolActor().permissions;
    if (base === null) throw new Error("permissions");
    const skill = toolActor({
      digest: digest as never,
      permissions: { ...base, "fs.write": ["workspace:**"] },
      roots: { workspace: project },
    });
    const more = { tier: "wasm-sandbox", skill } as const;
    await asked(engine, write(`${project}/a`), "project");
    expect(engine.decide(write(`${project}/a`, more)).granted).toBeNull();
    await asked(engine, write(`${project}/a`, more), "project");
    expect(engine.decide(write(`${project}/a`, more)).granted).toBe("project");
    const changed = { ...skill, digest: `b2:${"b".repeat(64)}` as never };
    expect(engine.decide(write(`${project}/a`, { ...more, skill: changed })).granted).toBeNull();
  });

  it("for a package as a whole answers asks for its own atoms, but never `max_scope: once`, other code or a deny", async () => {
    const { open, project } = rig();
    const engine = await open();
    const base = toolActor().permissions;
    if (base === null) throw new Error("permissions");
    const skill = toolActor({
      digest: `b2:${"a".repeat(64)}` as never,
      permissions: { ...base, "fs.write": ["workspace:**"] },
      roots: { workspace: project },
    });
    const install: AtomicAction = {
      capability: "package_install",
      target: { kind: "package", id: "generated:word-count", version: "v1", digest: null },
      classes: ["private"],
      tier: "none",
      tainted: false,
      skill,
    };
    await asked(engine, install, "package");
    const more = { tier: "wasm-sandbox", skill } as const;
    expect(engine.decide(write(`${project}/out.txt`, more))).toMatchObject({
      decision: "requires_approval",
      granted: "package",
    });
    // It was approved for whatever it is given, so that taint of its arguments alone does not ask again.
    expect(engine.decide(write(`${project}/out.txt`, { ...more, tainted: true })).granted).toBe("package");
    expect(engine.decide(write(`${project}/package.json`, more)).granted).toBeNull();
    expect(engine.decide(write(`${project}/.git/config`, more)).decision).toBe("deny");
    expect(engine.decide(write(`${project}/out.txt`)).granted).toBeNull();
    expect((await open()).decide(write(`${project}/out.txt`, more)).granted).toBe("package");
    const wider = { ...skill, permissions: { ...skill.permissions, "fs.read": ["workspace:**"] } as never };
    expect(engine.decide(write(`${project}/out.txt`, { ...more, skill: wider })).granted).toBeNull();
  });

  it("for a package can be given, looked up and taken back without a question", async () => {
    const { open, project } = rig();
    const engine = await open();
    const base = toolActor().permissions;
    if (base === null) throw new Error("permissions");
    const skill = toolActor({
      id: "acme/pdf",
      digest: `b2:${"a".repeat(64)}` as never,
      permissions: { ...base, "fs.write": ["workspace:**"] },
      roots: { workspace: project },
    });
    expect(engine.packageGrant(skill)).toBeNull();
    await expect(engine.grantPackage({ skill, tainted: true, scope: "package", by: "flag" })).rejects.toMatchObject({
      code: "GRANT_SCOPE",
    });
    await engine.grantPackage({ skill, tainted: true, scope: "session", by: "flag" });
    expect(engine.packageGrant(skill)).toBe("session");
    await engine.grantPackage({ skill, tainted: false, scope: "package", by: "flag" });
    const later = await open();
    expect(later.packageGrant(skill)).toBe("package");
    expect(later.packageGrant({ ...skill, digest: null })).toBeNull();
    expect(later.packageGrant({ ...skill, permissions: base })).toBeNull();
    expect(later.decide(write(`${project}/a`, { skill, tier: "wasm-sandbox" })).granted).toBe("package");
    expect(await later.revokePackage("acme/pdf")).toBe(1);
    expect([later.packageGrant(skill), (await open()).packageGrant(skill)]).toEqual([null, null]);
  });

  it("keeps session answers without a project, and refuses lasting ones", async () => {
    const { open, home } = rig(null);
    writeFileSync(
      join(home, "policy.yml"),
      "version: 2\nrules:\n  - { id: ask, effect: requires_approval, capability: file_write, approval: { max_scope: project } }\n",
    );
    const engine = await open({ project: null });
    await asked(engine, write("/srv/a"), "session");
    expect(engine.decide(write("/srv/a")).granted).toBe("session");
    await expect(asked(engine, write("/srv/b"), "project")).rejects.toMatchObject({ code: "GRANT_SCOPE" });
    await asked(engine, write("/srv/b"), "never");
    expect(engine.decide(write("/srv/b")).decision).toBe("deny");
  });

  it("survives two sessions that answer at the same time", async () => {
    const { open, project } = rig(LASTING);
    const engines = await Promise.all(Array.from({ length: 4 }, () => open()));
    await Promise.all(
      engines.flatMap((engine, i) => [0, 1, 2].map((n) => asked(engine, write(`${project}/${i}-${n}`), "project"))),
    );
    expect((await open()).grants().length).toBe(12);
  });
});
