import { describe, expect, it } from "vitest";
import type { AtomicAction } from "../../core/mod.ts";
import { decide } from "../../policy/decide.ts";
import { explain } from "../../policy/explain.ts";
import { explainCommand, hintOf } from "../../policy/explain-command.ts";
import { createMasks } from "../../policy/masks.ts";
import { fetching, modelCall, read, secretUse, shell, stateFor, toolActor, untrusted, write } from "./rig.ts";

const SHOP = "/home/me/shop";

describe("explain()", () => {
  const rules = `
    id: read, effect: allow, capability: file_read, paths: ["\${project}/**"], classification: [private], tier: [host-readonly]
    id: no-env, effect: deny, capability: file_read, paths: ["**/.env"], except: { classification: [public] }
    id: ask, effect: requires_approval, capability: file_write, paths: ["\${project}/**"]`;

  it("says the decision and every rule that matches", () => {
    expect(explain(stateFor(rules), read(`${SHOP}/.env`))).toEqual({
      v: 1,
      decision: "deny",
      rule: "no-env",
      layer: "user",
      reason: 'rule: "no-env" denies it',
      matches: [
        { rule: "no-env", layer: "user", effect: "deny", counts: true },
        { rule: "read", layer: "user", effect: "allow", counts: true },
      ],
      near_misses: [],
      obligations: { redact: [], max_bytes: null },
      hint: expect.stringContaining("line"),
    });
  });

  it.each<readonly [string, AtomicAction, readonly object[]]>([
    ["a path", read("/home/me/x"), [{ rule: "read", failed: "paths", saw: "/home/me/x" }, {
      rule: "no-env",
      failed: "paths",
      saw: "/home/me/x",
    }]],
    ["a class", read(`${SHOP}/a`, { classes: ["pii"] }), [
      { rule: "read", failed: "classification", saw: "pii" },
      { rule: "no-env", failed: "paths", saw: `${SHOP}/a` },
    ]],
    ["a tier", read(`${SHOP}/a`, { tier: "host-supervised" }), [
      { rule: "read", failed: "tier", saw: "host-supervised" },
      { rule: "no-env", failed: "paths", saw: `${SHOP}/a` },
    ]],
    ["an exception", read("/.env", { classes: ["public"] }), [{ rule: "no-env", failed: "except", saw: "/.env" }]],
  ])("names rules that failed in exactly one matcher: %s", (_, action, expected) => {
    expect(explain(stateFor(rules), action).near_misses).toEqual(expected);
  });

  it("says what each matcher of a request, model, secret or command saw", () => {
    const state = stateFor(`
      id: host, effect: allow, capability: network_request, hosts: [a.example.com]
      id: port, effect: allow, capability: network_request, ports: [8443]
      id: verb, effect: allow, capability: network_request, methods: [POST]
      id: block, effect: allow, capability: network_request, cidr: [10.0.0.0/8]
      id: far, effect: allow, capability: model_call, remote: true
      id: slot, effect: allow, capability: secret_handle_usage, inject: ["env:*"]
      id: words, effect: allow, capability: shell_command, argv: [[npm, test]]
      id: folder, effect: allow, capability: shell_command, cwd: [/srv/**]
      id: signed, effect: allow, capability: shell_command, skill: { trust: [signed] }`);
    function saw(action: AtomicAction): readonly string[] {
      return explain(state, action).near_misses.map((miss) => `${miss.rule} ${miss.failed} ${miss.saw}`);
    }
    expect(saw(fetching("b.example.com"))).toEqual([
      "block cidr not resolved",
      "host hosts b.example.com",
      "port ports 443",
      "verb methods GET",
    ]);
    expect(saw(modelCall(null))).toEqual(["far remote false"]);
    expect(saw(secretUse())).toEqual(["slot inject bearer"]);
    expect(saw(shell("x $(y)"))).toEqual([
      "folder cwd /home/me/shop",
      "signed skill no skill",
      "words argv opaque: x $(y)",
    ]);
    expect(saw(shell(["ls"], { skill: toolActor() }))).toContain("signed skill generated:word-count (generated)");
  });

  it("tells of a class that nothing grants which rule would have to list it, though another class is let through", () => {
    const state = stateFor(`
      id: read, effect: allow, capability: file_read, paths: [/x], classification: [private, pii]
      id: other, effect: allow, capability: file_read, paths: [/x], classification: [regulated]`);
    const found = explain(state, read("/x", { classes: ["pii", "secret"] }));
    expect(found.reason).toContain("no_match");
    expect(found.near_misses).toEqual([
      { rule: "other", failed: "classification", saw: "secret" },
      { rule: "read", failed: "classification", saw: "secret" },
    ]);
    expect(found.hint).toContain('add "secret" to `classification` of rule "other"');
  });

  it("does not advise to turn a rule for models on this machine into one for remote models", () => {
    const state = stateFor("id: local, effect: allow, capability: model_call, remote: false");
    expect(explain(state, modelCall("a.example.com")).hint).toBe(
      "no rule comes near: add one for model_call, then: agentzero policy check && agentzero policy trust",
    );
  });

  it("tells at most five near misses, and rules that would let it through first", () => {
    const many = Array.from(
      { length: 9 },
      (_, i) => `id: r${i}, effect: ${i < 6 ? "deny" : "allow"}, capability: file_read, paths: [/x${i}]`,
    ).join("\n");
    expect(explain(stateFor(many), read("/a")).near_misses.map((miss) => miss.rule)).toEqual([
      "r6",
      "r7",
      "r8",
      "r0",
      "r1",
    ]);
  });

  it("shows what an untrusted policy would say, and that it does not count", () => {
    const state = stateFor([untrusted("id: all, effect: allow, capability: file_read")]);
    expect(explain(state, read("/a"))).toMatchObject({
      decision: "deny",
      matches: [{ rule: "all", layer: "project", effect: "allow", counts: false }],
      hint: "agentzero policy trust",
    });
  });

  it("answers for what cannot be decided", () => {
    expect(explain(stateFor(rules), {} as AtomicAction)).toMatchObject({
      decision: "deny",
      matches: [],
      near_misses: [],
    });
  });
});

describe("explainCommand()", () => {
  it.each<readonly [AtomicAction, string]>([
    [read("/home/me/x"), "agentzero policy explain file_read --path /home/me/x"],
    [
      write("/a b's", { staged: true, tainted: true }),
      `agentzero policy explain file_write --staged --path '/a b'\\''s' --tainted`,
    ],
    [shell(["npm", "test"]), "agentzero policy explain shell_command --command 'npm test'"],
    [shell("x $(y)"), "agentzero policy explain shell_command --command 'x $(y)'"],
    [
      fetching("a.example.com", { method: "POST" }),
      "agentzero policy explain network_request --method POST --url https://a.example.com:443/",
    ],
    [
      modelCall("a.example.com"),
      "agentzero policy explain model_call --host a.example.com --remote --model small --provider acme",
    ],
    [read("/y", { classes: ["pii", "secret"] }), "agentzero policy explain file_read --path /y --class pii,secret"],
    [
      secretUse({ host: null, program: "/usr/bin/gh", inject: "env:GH_TOKEN" }),
      "agentzero policy explain secret_handle_usage --program /usr/bin/gh --inject env:GH_TOKEN --secret handle://vault/x/key",
    ],
    [read("/\u202Eevil"), "agentzero policy explain file_read …"],
    [read(`/${"a".repeat(300)}`), "agentzero policy explain file_read …"],
  ])("%# gives a line that can be pasted", (action, line) => expect(explainCommand(action)).toBe(line));

  it("stands in the hint of a default deny", () => {
    const state = stateFor("id: a, effect: allow, capability: file_read, paths: [/x]");
    expect(hintOf(decide(state, read("/y")), read("/y"))).toBe("agentzero policy explain file_read --path /y");
  });
});

describe("createMasks()", () => {
  it("hides what a rule denies to read whatever else is true, and AgentZero's home", () => {
    const mask = createMasks(stateFor(`
      id: no-env, effect: deny, capability: [file_read, file_write], paths: ["**/.env*"], except: { paths: ["**/.env.example"] }
      id: no-key, effect: deny, capability: file_read, paths: ["**/*.key"], except: { paths: ["**/*.key"], tier: [host-readonly] }
      id: sometimes, effect: deny, capability: file_read, paths: ["**/a"], tainted: true
      id: ask, effect: requires_approval, capability: file_read, paths: ["**/b"]
      id: no-write, effect: deny, capability: file_write, paths: ["**/c"]`));
    const seen = [".env", ".env.example", "x.key", "a", "b", "c"].map((name) => mask(`${SHOP}/${name}`));
    expect(seen).toEqual(["no-env", null, "no-key", null, null, null]);
    expect(mask("/home/me/.agentzero/vault/vault.json")).toBe("floor.own-state");
  });

  it("counts the denials of an untrusted policy too", () => {
    const mask = createMasks(
      stateFor([untrusted('id: no-env, effect: deny, capability: file_read, paths: ["**/.env"]')]),
    );
    expect(mask(`${SHOP}/.env`)).toBe("no-env");
  });
});
