import { describe, expect, it } from "vitest";
import type { AtomicAction, SkillActor, SkillPermissions } from "../../core/mod.ts";
import { skillCovers } from "../../policy/ceiling.ts";
import { decide } from "../../policy/decide.ts";
import { act, fetching, modelCall, pathOf, read, secretUse, shell, stateFor, toolActor, write } from "./rig.ts";

const SHOP = "/home/me/shop";

function actor(permissions: Partial<SkillPermissions>, more: Partial<SkillActor> = {}): SkillActor {
  const base = toolActor().permissions;
  if (base === null) throw new Error("the actor has permissions");
  return toolActor({ permissions: { ...base, "fs.read": [], ...permissions }, ...more });
}

function request(url: string, method = "GET"): AtomicAction {
  const { host, target } = { host: new URL(url).hostname, target: fetching(new URL(url).hostname, { method }).target };
  return { ...fetching(host, { method }), target: { ...target, url } as AtomicAction["target"] };
}

function imported(name: string): AtomicAction {
  return act("wasm_host_call", { kind: "import", name });
}

describe("skillCovers()", () => {
  it("covers files below the root an atom names, hidden names only by name", () => {
    const skill = actor({ "fs.read": ["workspace:data/**", "workspace:README.md"], "fs.write": ["scratch:**"] }, {
      roots: { workspace: SHOP, scratch: "/run/s" },
    });
    expect(skillCovers(read(`${SHOP}/data/a`), skill)).toBe(true);
    expect(skillCovers(read(`${SHOP}/data/.env`), skill)).toBe(false);
    expect(skillCovers(read(`${SHOP}/README.md`), skill)).toBe(true);
    expect(skillCovers(read(`${SHOP}2/data/a`), skill)).toBe(false);
    expect(skillCovers(read("/etc/data/a"), skill)).toBe(false);
    expect(skillCovers(write(`${SHOP}/data/a`), skill)).toBe(false);
    expect(skillCovers(write("/run/s/a"), skill)).toBe(true);
    // The name in the project is a link to elsewhere: what counts is where it leads.
    expect(skillCovers(act("file_read", pathOf("/etc/passwd", { lexical: `${SHOP}/data/a` })), skill)).toBe(false);
    expect(skillCovers(read(`${SHOP}/data/a`), { ...skill, roots: {} })).toBe(false);
    expect(skillCovers(read("/constructor"), actor({ "fs.read": ["constructor:**"] }))).toBe(false);
  });

  it("covers requests by method, origin and path, and no path that a server could read otherwise", () => {
    const skill = actor({ net: [{ methods: ["GET"], origin: "https://api.example.com:443", path: "/repos/**" }] });
    expect(skillCovers(request("https://api.example.com/repos/a?page=2"), skill)).toBe(true);
    expect(skillCovers(request("https://api.example.com/repos/a", "POST"), skill)).toBe(false);
    expect(skillCovers(request("https://api.example.com/admin"), skill)).toBe(false);
    expect(skillCovers(request("https://evil.test/repos/a"), skill)).toBe(false);
    expect(skillCovers(request("https://api.example.com/repos/..%2fadmin"), skill)).toBe(false);
    expect(skillCovers(request("https://api.example.com/repos/%2e%2e/admin"), skill)).toBe(false);
    expect(skillCovers(request("https://api.example.com/repos/a;x=1"), skill)).toBe(false);
  });

  it("covers a secret at its origin and slot only", () => {
    const skill = actor({
      secret: [{ handle: "handle://vault/x/key", origin: "https://api.example.com:443", slot: "bearer" }],
    });
    expect(skillCovers(secretUse(), skill)).toBe(true);
    expect(skillCovers(secretUse({ inject: "header:x" }), skill)).toBe(false);
    expect(skillCovers(secretUse({ host: "evil.test" }), skill)).toBe(false);
    expect(skillCovers(secretUse({ handle: "handle://vault/y/key" }), skill)).toBe(false);
    expect(skillCovers(secretUse({ host: null, inject: "component:b2:00" }), skill)).toBe(true);
  });

  it("covers the programs it names", () => {
    const skill = actor({ exec: ["skill:run.sh", "tool:git"] }, { roots: { skill: "/store/s" } });
    expect(skillCovers(shell(["/store/s/run.sh", "x"]), skill)).toBe(true);
    expect(skillCovers(shell(["git", "status"]), skill)).toBe(true);
    expect(skillCovers(shell(["/tmp/git"]), skill)).toBe(false);
    expect(skillCovers(shell(["rm"]), skill)).toBe(false);
    expect(skillCovers(shell("git $(x)"), skill)).toBe(false);
  });

  it("covers imports by the atoms behind them", () => {
    const bare = actor({});
    for (const name of ["clock", "random", "logging", "types"]) {
      expect(skillCovers(imported(`az:host/${name}@0.3.0`), bare)).toBe(true);
    }
    for (const name of ["filesystem", "http", "secrets", "tools"]) {
      expect(skillCovers(imported(`az:host/${name}`), bare)).toBe(false);
    }
    expect(skillCovers(imported("az:host/filesystem@0.3.0"), actor({ "fs.read": ["workspace:**"] }))).toBe(true);
    expect(skillCovers(imported("az:host/tools"), actor({ net: [{ methods: [], origin: "", path: "" }] }))).toBe(false);
    expect(skillCovers(imported("wasi:clocks/wall-clock@0.2.0"), bare)).toBe(false);
    expect(
      skillCovers(imported("wasi:clocks/wall-clock@0.2.0"), actor({ world: "az:host/tool@0.3.0 wasi:clocks@0.2" })),
    ).toBe(true);
    expect(skillCovers(imported("evil:host/filesystem"), actor({ "fs.read": ["workspace:**"] }))).toBe(false);
  });

  it("covers nothing for a skill that is only text, but that its text is read", () => {
    const text = toolActor({ permissions: null });
    expect(skillCovers(act("skill_load", { kind: "skill", name: "x" }), text)).toBe(true);
    for (const action of [read(`${SHOP}/data/a`), shell(["ls"]), fetching("a.example.com"), modelCall(null)]) {
      expect(skillCovers(action, text)).toBe(false);
    }
  });
});

describe("decide() with an actor", () => {
  it("denies what the permissions do not cover, whatever the rules say, and decides the rest by the rules", () => {
    const state = stateFor("id: all, effect: allow, capability: [file_read, file_write]");
    const skill = toolActor();
    expect(decide(state, read(`${SHOP}/data/a`, { skill, tier: "wasm-sandbox" })).decision).toBe("allow");
    expect(decide(state, read(`${SHOP}/src/a`, { skill, tier: "wasm-sandbox" }))).toMatchObject({
      decision: "deny",
      rule: "skill.permissions",
      layer: "skill",
      reason: expect.stringMatching(/^skill_ceiling: /),
    });
    expect(decide(stateFor(""), read(`${SHOP}/data/a`, { skill, tier: "wasm-sandbox" })).decision).toBe("deny");
  });
});
