import { describe, expect, it } from "vitest";
import type { AtomicAction, Classification, SkillActor } from "../../core/mod.ts";
import { decide } from "../../policy/decide.ts";
import { hintOf } from "../../policy/explain-command.ts";
import { documentOf, layerOf } from "./policy-text.ts";
import {
  act,
  fetching,
  modelCall,
  pathOf,
  read,
  ROOTS,
  secretUse,
  shell,
  shortly,
  stateFor,
  toolActor,
  untrusted,
  verdictOf,
  write,
} from "./rig.ts";

const SHOP = "/home/me/shop";
const READ = 'id: read, effect: allow, capability: file_read, paths: ["${project}/**"]';

/** A path spelled otherwise than it is. */
function linked(lexical: string, real: string): AtomicAction {
  return act("file_read", pathOf(real, { lexical }));
}

/** The loading of a signed skill. */
function loaded(more: Partial<SkillActor>): AtomicAction {
  const skill = toolActor({ id: "acme/pdf", publisher: "acme", trust: "signed", ...more });
  return act("skill_load", { kind: "skill", name: "pdf" }, { skill });
}

describe("decide()", () => {
  it("denies when no rule matches, and says what would help", () => {
    const outside = read("/home/me/x");
    const verdict = verdictOf(READ, outside);
    expect(verdict).toMatchObject({
      decision: "deny",
      rule: null,
      layer: null,
      reason: expect.stringMatching(/^no_match: /),
    });
    expect(hintOf(verdict, outside)).toContain("policy explain file_read");
    expect(verdictOf("", read(`${SHOP}/a`))).toMatchObject({
      reason: expect.stringMatching(/^no_policy: /),
      hint: "agentzero init",
    });
  });

  it("lets the strictest of all matches count, whatever the order", () => {
    const rules = [
      READ,
      'id: ask, effect: requires_approval, capability: file_read, paths: ["${project}/b/**"]',
      'id: mask, effect: allow_with_redaction, capability: file_read, paths: ["${project}/a/**"], redact: [pii]',
      'id: no, effect: deny, capability: file_read, paths: ["**/.env"]',
    ];
    for (const order of [rules, rules.toReversed()]) {
      const text = order.join("\n");
      expect(shortly(verdictOf(text, read(`${SHOP}/x`)))).toBe("allow read");
      expect(shortly(verdictOf(text, read(`${SHOP}/a/x`)))).toBe("allow_with_redaction mask");
      expect(shortly(verdictOf(text, read(`${SHOP}/b/x`)))).toBe("requires_approval ask");
      expect(shortly(verdictOf(text, read(`${SHOP}/b/.env`)))).toBe("deny no");
      expect(shortly(verdictOf(text, read(`/elsewhere/.env`)))).toBe("deny no");
    }
  });

  it("reports ties by layer, then by rule id", () => {
    const deny = "effect: deny, capability: file_read";
    const layers = [
      layerOf(`id: a-project, ${deny}`, { layer: "project" }),
      layerOf(`id: z-user, ${deny}\nid: b-user, ${deny}`, { layer: "user" }),
      layerOf(`id: z-system, ${deny}`, { layer: "system" }),
    ];
    expect(decide(stateFor(layers), read("/a"))).toMatchObject({ rule: "z-system", layer: "system" });
    expect(decide(stateFor(layers.slice(0, 2)), read("/a"))).toMatchObject({ rule: "b-user", layer: "user" });
  });

  it("takes an ask as a grant: it turns a default deny into a question", () => {
    const ask =
      'id: ask, effect: requires_approval, capability: file_write, paths: ["${project}/**"], reason: look first';
    expect(verdictOf(ask, write(`${SHOP}/a`))).toEqual({
      decision: "requires_approval",
      rule: "ask",
      layer: "user",
      reason: "rule: look first",
      obligations: { redact: [], max_bytes: null },
      approval: {
        maxScope: "session",
        timeoutMs: 300_000,
        ttlMs: 30 * 86_400_000,
        asks: [{ layer: "user", rule: "ask", policy: "sha256:fake" }],
        shape: `${SHOP}/a`,
      },
      granted: null,
      hint: null,
    });
  });

  it("carves an exception out of the rule that has it, and out of no other", () => {
    const rules = `${READ}
      id: no-env, effect: deny, capability: file_read, paths: ["**/.env*"], except: { paths: ["**/.env.example"] }
      id: no-docs, effect: deny, capability: file_read, paths: ["\${project}/docs/**"]`;
    expect(shortly(verdictOf(rules, read(`${SHOP}/.env.example`)))).toBe("allow read");
    expect(shortly(verdictOf(rules, read(`${SHOP}/.env.local`)))).toBe("deny no-env");
    expect(shortly(verdictOf(rules, read(`${SHOP}/docs/.env.example`)))).toBe("deny no-docs");
  });

  it("matches a deny by either spelling of a path, an exception by both, a grant by the real one", () => {
    const rules = `${READ}
      id: no-keys, effect: deny, capability: file_read, paths: ["**/*.key"], except: { paths: ["\${project}/fake/**"] }`;
    expect(shortly(verdictOf(rules, linked(`${SHOP}/notes`, "/home/me/a.key")))).toBe("deny no-keys");
    expect(shortly(verdictOf(rules, linked(`${SHOP}/a.key`, `${SHOP}/notes`)))).toBe("deny no-keys");
    expect(shortly(verdictOf(rules, linked(`${SHOP}/fake/a.key`, `${SHOP}/real/a.key`)))).toBe("deny no-keys");
    expect(shortly(verdictOf(rules, linked(`${SHOP}/real/a.key`, `${SHOP}/fake/a.key`)))).toBe("deny no-keys");
    expect(shortly(verdictOf(rules, linked(`${SHOP}/fake/a.key`, `${SHOP}/fake/b.key`)))).toBe("allow read");
    expect(shortly(verdictOf(rules, linked(`${SHOP}/out`, "/etc/hosts")))).toBe("deny -");
    expect(shortly(verdictOf(rules, linked("/srv/in", `${SHOP}/a`)))).toBe("allow read");
  });

  it("decides every class of the data", () => {
    const rules = `
      id: plain, effect: allow, capability: file_read, classification: [public, internal, private]
      id: people, effect: allow_with_redaction, capability: file_read, classification: [pii], redact: [pii]
      id: no-secret, effect: deny, capability: file_read, classification: [secret]`;
    function classes(...words: readonly Classification[]): string {
      return shortly(verdictOf(rules, read("/a", { classes: words })));
    }
    expect(classes("public")).toBe("allow plain");
    expect(classes("public", "internal")).toBe("allow plain");
    expect(classes("private", "pii")).toBe("allow_with_redaction people");
    expect(classes("private", "regulated")).toBe("deny -");
    expect(classes("private", "secret")).toBe("deny no-secret");
    // Unknown may be anything: a deny by class takes it, a grant only when it says so; no class at all is unknown.
    expect(classes("unknown")).toBe("deny no-secret");
    expect(classes()).toBe("deny no-secret");
    expect(
      shortly(
        verdictOf(
          "id: u, effect: allow, capability: file_read, classification: [unknown]",
          read("/a", { classes: [] }),
        ),
      ),
    )
      .toBe("allow u");
  });

  it("excepts only the classes that an exception lists", () => {
    const rules = `id: all, effect: allow, capability: file_read
      id: no, effect: deny, capability: file_read, except: { classification: [public] }`;
    expect(shortly(verdictOf(rules, read("/a", { classes: ["public"] })))).toBe("allow all");
    expect(shortly(verdictOf(rules, read("/a", { classes: ["public", "pii"] })))).toBe("deny no");
    expect(shortly(verdictOf(rules, read("/a", { classes: ["unknown"] })))).toBe("deny no");
  });

  it("joins obligations: union of classes, smallest limit", () => {
    const rules = `
      id: a, effect: allow_with_redaction, capability: file_read, redact: [secret], max_bytes: 100
      id: b, effect: allow_with_redaction, capability: file_read, redact: [pii, secret], max_bytes: 50
      id: c, effect: requires_approval, capability: file_read, paths: [/x], max_bytes: 10, redact: [credential]`;
    expect(verdictOf(rules, read("/a")).obligations).toEqual({ redact: ["pii", "secret"], max_bytes: 50 });
    expect(verdictOf(rules, read("/x"))).toMatchObject({
      decision: "requires_approval",
      obligations: { redact: ["pii", "secret", "credential"], max_bytes: 10 },
    });
  });

  it("adds the classes that `classify` gives a path, even when the caller forgot them", () => {
    const document = documentOf(`version: 2
classify: [{ paths: ["\${project}/hr/**"], as: [pii] }]
rules:
  - { id: all, effect: allow, capability: file_read }
  - { id: no-people, effect: deny, capability: file_read, classification: [pii] }
`);
    const state = stateFor([layerOf("", { document })]);
    expect(shortly(decide(state, read(`${SHOP}/hr/a`, { classes: ["public"] })))).toBe("deny no-people");
    expect(shortly(decide(state, act("file_read", pathOf("/x/a", { lexical: `${SHOP}/hr/a` }))))).toBe(
      "deny no-people",
    );
    expect(shortly(decide(state, read(`${SHOP}/a`, { classes: ["public"] })))).toBe("allow all");
  });

  describe("commands", () => {
    const rules = `
      id: look, effect: allow, capability: shell_command, argv: [[git, [status, log], "..."]], options: ["--oneline"], cwd: ["\${project}/**"]
      id: ask-publish, effect: requires_approval, capability: shell_command, argv: [[npm, publish, "..."]]
      id: no-rm, effect: deny, capability: shell_command, argv: [[rm, "..."]]
      id: no-force, effect: deny, capability: shell_command, options: ["--force*"]`;

    it.each([
      [["git", "status"], "allow look"],
      [["git", "log", "--oneline"], "allow look"],
      [["git", "log", "--output=f"], "deny -"],
      [["git", "push"], "deny -"],
      [["npm", "publish", "--tag", "x"], "requires_approval ask-publish"],
      [["rm", "x"], "deny no-rm"],
      [["/bin/rm", "x"], "deny no-rm"],
      [["./rm"], "deny no-rm"],
      [["git", "status", "--force"], "deny no-force"],
    ])("%j is %s", (argv, expected) => expect(shortly(verdictOf(rules, shell(argv)))).toBe(expected));

    it("lets an ask restrict the path form of its program without granting it", () => {
      expect(shortly(verdictOf(rules, shell(["/usr/bin/npm", "publish"])))).toBe("deny -");
      const open = `${rules}\nid: any, effect: allow, capability: shell_command`;
      expect(shortly(verdictOf(open, shell(["/usr/bin/npm", "publish"])))).toBe("requires_approval ask-publish");
    });

    it("never matches an opaque line by argv, in no direction, and by no exception", () => {
      expect(shortly(verdictOf(rules, shell("git status $(x)")))).toBe("deny -");
      const except = `id: any, effect: allow, capability: shell_command
        id: ask, effect: requires_approval, capability: shell_command, except: { cwd: ["\${project}/**"] }`;
      expect(shortly(verdictOf(except, shell(["ls"])))).toBe("allow any");
      expect(shortly(verdictOf(except, shell("ls $(x)")))).toBe("requires_approval ask");
    });

    it("holds the folder", () => {
      expect(shortly(verdictOf(rules, shell(["git", "status"], { cwd: "/tmp" })))).toBe("deny -");
    });
  });

  describe("requests", () => {
    const rules = `
      id: docs, effect: allow, capability: network_request, hosts: ["*.example.com"], ports: [443], methods: [GET]
      id: lan, effect: allow, capability: network_request, cidr: [10.1.0.0/16]
      id: intranet, effect: allow, capability: network_request, hosts: [wiki.example.net], cidr: [10.0.0.0/8]
      id: no-ads, effect: deny, capability: network_request, hosts: [ads.example.com]
      id: no-block, effect: deny, capability: network_request, cidr: [203.0.113.0/24]`;

    it.each([
      [fetching("docs.example.com"), "allow docs"],
      [fetching("docs.example.com", { port: 80 }), "deny -"],
      [fetching("docs.example.com", { method: "POST" }), "deny -"],
      [fetching("ads.example.com"), "deny no-ads"],
      [fetching("evil.test"), "deny -"],
      // A listed name that leads into the local network, to metadata, or into a denied block.
      [fetching("docs.example.com", { addresses: ["93.184.216.34"] }), "allow docs"],
      [fetching("docs.example.com", { addresses: ["10.0.0.1"] }), "deny floor.address"],
      [fetching("docs.example.com", { addresses: ["93.184.216.34", "127.0.0.1"] }), "deny floor.address"],
      [fetching("docs.example.com", { addresses: ["169.254.169.254"] }), "deny floor.address"],
      // An address is matched by `cidr` alone.
      [fetching("10.1.2.3"), "allow lan"],
      [fetching("10.2.2.3"), "deny floor.address"],
      [fetching("93.184.216.34"), "deny -"],
      // A block opens names only when a name stands beside it.
      [fetching("wiki.example.net"), "allow intranet"],
      [fetching("wiki.example.net", { addresses: ["10.9.9.9"] }), "allow intranet"],
      [fetching("wiki.example.net", { addresses: ["10.9.9.9", "93.184.216.34"] }), "deny floor.address"],
      [fetching("other.example.net"), "deny -"],
    ])("%# is %s", (action, expected) => expect(shortly(verdictOf(rules, action))).toBe(expected));

    it("denies by block as soon as one address lies in it", () => {
      const open = `${rules}\nid: all, effect: allow, capability: network_request, cidr: ["0.0.0.0/0"]`;
      const action = fetching("docs.example.com", { addresses: ["93.184.216.34", "203.0.113.9"] });
      expect(shortly(verdictOf(open, action))).toBe("deny no-block");
    });
  });

  it("compares models, handles, packages, imports and actors", () => {
    const rules = `
      id: local, effect: allow, capability: model_call, remote: false, providers: [ollama]
      id: cloud, effect: allow, capability: model_call, remote: true, hosts: [api.example.com], models: ["small*"]
      id: key, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/x/*"], hosts: [api.example.com], inject: [bearer]
      id: gh, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/gh/token"], commands: ["/usr/bin/gh"], inject: ["env:*"]
      id: pkgs, effect: allow, capability: package_install, packages: ["npm:*"]
      id: fs, effect: allow, capability: wasm_host_call, imports: ["az:host/*"], skill: { trust: [generated] }
      id: pdf, effect: allow, capability: skill_load, skill: { id: "acme/*", publisher: acme, trust: [signed] }`;
    const cases: readonly (readonly [AtomicAction, string])[] = [
      [modelCall(null, { provider: "ollama" }), "allow local"],
      [modelCall(null, { provider: "other" }), "deny -"],
      [modelCall("api.example.com"), "allow cloud"],
      [modelCall("api.example.com", { remote: false, provider: "x" }), "deny -"],
      [secretUse(), "allow key"],
      [secretUse({ inject: "basic:me" }), "deny -"],
      [secretUse({ host: "evil.test" }), "deny -"],
      [
        secretUse({ handle: "handle://vault/gh/token", host: null, inject: "env:T", program: "/usr/bin/gh" }),
        "allow gh",
      ],
      [secretUse({ handle: "handle://vault/gh/token", host: null, inject: "env:T", program: "/tmp/gh" }), "deny -"],
      [act("package_install", { kind: "package", id: "npm:@a/b", version: null, digest: null }), "allow pkgs"],
      [act("package_install", { kind: "package", id: "acme/pdf", version: null, digest: null }), "deny -"],
      [act("wasm_host_call", { kind: "import", name: "az:host/clock@0.3.0" }, { skill: toolActor() }), "allow fs"],
      [act("wasm_host_call", { kind: "import", name: "az:host/clock@0.3.0" }), "deny -"],
      [loaded({}), "allow pdf"],
      [loaded({ trust: "local" }), "deny -"],
      [loaded({ publisher: null }), "deny -"],
      [loaded({ id: "evil/pdf" }), "deny -"],
    ];
    for (const [action, expected] of cases) {
      expect([action.target, shortly(verdictOf(rules, action))]).toEqual([action.target, expected]);
    }
  });

  it("opens `${skill_data}` to each actor for its own folder only", () => {
    const rules = 'id: own, effect: allow, capability: file_write, paths: ["${skill_data}/**"]';
    const state = stateFor(rules, { ceiling: false });
    const mine = toolActor({ roots: { scratch: "/run/scratch/a" } });
    function writing(path: string, skill: AtomicAction["skill"]): string {
      return shortly(decide(state, write(path, { skill, tier: "wasm-sandbox" })));
    }
    expect(writing("/run/scratch/a/x", mine)).toBe("allow own");
    expect(writing("/run/scratch/b/x", mine)).toBe("deny -");
    expect(writing("/run/scratch/ab", mine)).toBe("deny -");
    expect(writing("/run/scratch/a/x", null)).toBe("deny -");
  });

  describe("taint", () => {
    it.each([
      ["", "requires_approval floor.taint"],
      [", tainted: false", "deny -"],
      [", tainted: true", "allow run"],
      [", tainted: any", "allow run"],
    ])("an allow with `%s` on a tainted command is %s", (more, expected) => {
      expect(
        shortly(
          verdictOf(`id: run, effect: allow, capability: shell_command${more}`, shell(["ls"], { tainted: true })),
        ),
      )
        .toBe(expected);
    });

    it("still asks where a rule asks about taint, and names both", () => {
      const rules = `id: run, effect: allow, capability: shell_command, tainted: any
        id: look, effect: requires_approval, capability: shell_command, tainted: true`;
      expect(shortly(verdictOf(rules, shell(["ls"], { tainted: true })))).toBe("requires_approval look");
      expect(shortly(verdictOf(rules, shell(["ls"])))).toBe("allow run");
      const both = verdictOf(rules.replace(", tainted: any", ""), shell(["ls"], { tainted: true }));
      expect(both.approval?.asks.map((ask) => ask.rule)).toEqual(["floor.taint", "look"]);
    });

    it("needs acceptance for every class", () => {
      const rules = `id: a, effect: allow, capability: shell_command, classification: [public], tainted: any
        id: b, effect: allow, capability: shell_command, classification: [private]`;
      expect(shortly(verdictOf(rules, shell(["ls"], { tainted: true, classes: ["public"] })))).toBe("allow a");
      expect(shortly(verdictOf(rules, shell(["ls"], { tainted: true, classes: ["public", "private"] }))))
        .toBe("requires_approval floor.taint");
    });

    it("leaves reads and writes inside the project to the rules", () => {
      const rules = "id: files, effect: allow, capability: [file_read, file_write]";
      expect(shortly(verdictOf(rules, read("/a", { tainted: true })))).toBe("allow files");
      expect(shortly(verdictOf(rules, write(`${SHOP}/a`, { tainted: true })))).toBe("allow files");
      expect(shortly(verdictOf(rules, write("/srv/a", { tainted: true })))).toBe("requires_approval floor.taint");
    });
  });

  describe("layers", () => {
    it("lets the untrusted policy of a project tighten, but grant nothing", () => {
      const clone = untrusted(`
        id: all, effect: allow, capability: file_read
        id: ask, effect: requires_approval, capability: file_read, paths: ["\${project}/b/**"]
        id: mask, effect: allow_with_redaction, capability: file_read, paths: ["\${project}/a/**"], redact: [pii]
        id: no, effect: deny, capability: file_read, paths: ["\${project}/c/**"]`);
      const alone = stateFor([clone]);
      expect(decide(alone, read(`${SHOP}/x`))).toMatchObject({
        decision: "deny",
        reason: expect.stringMatching(/^untrusted_project: /),
      });
      expect(decide(alone, read(`${SHOP}/b/x`)).decision).toBe("deny");
      expect(decide(alone, write(`${SHOP}/x`))).toMatchObject({
        reason: expect.stringMatching(/^no_policy: /),
        hint: "agentzero policy trust",
      });
      const both = stateFor([clone, layerOf(READ)]);
      expect(shortly(decide(both, read(`${SHOP}/x`)))).toBe("allow read");
      expect(shortly(decide(both, read(`${SHOP}/a/x`)))).toBe("allow_with_redaction mask");
      expect(shortly(decide(both, read(`${SHOP}/b/x`)))).toBe("requires_approval ask");
      expect(shortly(decide(both, read(`${SHOP}/c/x`)))).toBe("deny no");
    });

    it("takes the smallest scope, timeout and lifetime of all rules and files", () => {
      const ask = "effect: requires_approval, capability: file_write";
      const state = stateFor([
        layerOf("", {
          document: documentOf(`version: 2
approval: { max_scope: project, timeout: 90s, ttl: 10d }
rules:
  - { id: a, ${ask}, approval: { max_scope: project, ttl: 20d } }
`),
        }),
        layerOf(`id: b, ${ask}, paths: ["${SHOP}/b"], approval: { max_scope: once }`, { layer: "project" }),
        layerOf(`id: c, ${ask}, paths: ["${SHOP}/c"]`, { layer: "system" }),
      ]);
      expect(decide(state, write(`${SHOP}/a`)).approval).toMatchObject({
        maxScope: "project",
        timeoutMs: 90_000,
        ttlMs: 864_000_000,
      });
      expect(decide(state, write(`${SHOP}/b`)).approval).toMatchObject({ maxScope: "once" });
      expect(decide(state, write(`${SHOP}/c`)).approval).toMatchObject({ maxScope: "session" });
    });

    it("denies all but reading in the mode read-only", () => {
      const state = stateFor("id: all, effect: allow, capability: [file_read, file_write, shell_command, model_call]", {
        mode: "read-only",
      });
      expect(shortly(decide(state, read("/a")))).toBe("allow all");
      expect(shortly(decide(state, modelCall(null)))).toBe("allow all");
      expect(decide(state, write("/a"))).toMatchObject({
        decision: "deny",
        rule: "session.read-only",
        layer: "session",
      });
      expect(decide(state, shell(["ls"])).decision).toBe("deny");
    });

    it("asks about everything but reading while an old policy stands in", () => {
      const state = stateFor("id: all, effect: allow, capability: [file_read, file_write, model_call]", {
        degraded: true,
      });
      expect(shortly(decide(state, read("/a")))).toBe("allow all");
      expect(shortly(decide(state, write("/a")))).toBe("requires_approval floor.degraded");
      expect(shortly(decide(state, modelCall(null)))).toBe("allow all");
      expect(shortly(decide(state, modelCall("api.example.com")))).toBe("requires_approval floor.degraded");
    });

    it("denies everything but its own models while policy is broken", () => {
      const state = stateFor("id: all, effect: allow, capability: [file_read, model_call]", { broken: "line 4: no" });
      expect(decide(state, read("/a"))).toMatchObject({ decision: "deny", reason: "policy_invalid: line 4: no" });
      expect(decide(state, modelCall(null, { provider: "builtin" })).decision).toBe("allow");
      expect(decide(state, modelCall(null, { provider: "ollama" })).decision).toBe("deny");
    });
  });

  it("counts only a deny for an operand that the sandbox masks anyway", () => {
    const rules = `id: no-env, effect: deny, capability: file_read, paths: ["**/.env"]
      id: ask, effect: requires_approval, capability: file_read, paths: ["/b"]`;
    function operand(path: string): string {
      return shortly(verdictOf(rules, read(path, { denyOnly: true })));
    }
    expect(operand(`${SHOP}/.env`)).toBe("deny no-env");
    expect(operand("/proc/self/environ")).toBe("deny floor.device");
    expect(operand("/a")).toBe("allow -");
    expect(operand("/b")).toBe("allow -");
  });

  it("is total: no input makes it throw or answer anything but one of four", () => {
    const state = stateFor(READ);
    const good = read(`${SHOP}/a`);
    const wrong: readonly unknown[] = [
      null,
      undefined,
      7,
      "file_read",
      [],
      {},
      { ...good, capability: "file_raed" },
      { ...good, capability: "__proto__" },
      { ...good, capability: "shell_command" },
      { ...good, target: null },
      { ...good, target: { kind: "path" } },
      { ...good, target: { ...good.target, real: "relative" } },
      { ...good, target: { ...good.target, real: `${SHOP}/../../etc/shadow` } },
      { ...good, target: { ...good.target, real: `${SHOP}//a` } },
      { ...good, target: { ...good.target, real: `${SHOP}/a\0b` } },
      { ...good, target: { ...good.target, lexical: 7 } },
      { ...good, classes: ["publik"] },
      { ...good, classes: ["private", 7] },
      { ...good, tier: "root" },
      { ...good, skill: { id: 7 } },
      { ...good, skill: { ...toolActor(), trust: "blessed" } },
      {
        ...good,
        get target() {
          throw new Error("no");
        },
      },
      new Proxy(good, {
        get() {
          throw new Error("no");
        },
      }),
      shell([]),
      { ...shell(["ls"]), target: { ...shell(["ls"]).target, argv: [7] } },
      { ...fetching("a.example.com"), target: { ...fetching("a.example.com").target, port: 0 } },
      { ...fetching("a.example.com"), target: { ...fetching("a.example.com").target, addresses: ["nowhere"] } },
      { ...modelCall(null), target: { ...modelCall(null).target, remote: undefined } },
    ];
    for (const action of wrong) {
      const { decision, rule } = decide(state, action as AtomicAction);
      expect([decision, rule]).toEqual(["deny", null]);
    }
  });

  it("takes what is not known to be untainted as tainted", () => {
    const state = stateFor("id: run, effect: allow, capability: shell_command");
    const { tainted: _, ...unlabelled } = shell(["ls"]);
    expect(shortly(decide(state, unlabelled as AtomicAction))).toBe("requires_approval floor.taint");
  });

  it("knows no project where there is none", () => {
    const state = stateFor(READ, { roots: { ...ROOTS, project: null } });
    expect(decide(state, read(`${SHOP}/a`)).decision).toBe("deny");
  });
});
