import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallResult } from "../../../session/mod.ts";
import {
  buildProbe,
  grantedSkill,
  openSkillRig,
  type RigSkill,
  type SkillRig,
  type SkillRigOptions,
} from "../../support/skill-rig.ts";

let probe: Uint8Array;
let probeAll: Uint8Array;
const home = mkdtempSync(join(tmpdir(), "az-home-"));

afterAll(() => rmSync(home, { recursive: true, force: true }));

beforeAll(async () => {
  probe = await buildProbe(["filesystem"]);
  probeAll = await buildProbe(["filesystem", "http", "secrets", "tools"]);
});

interface Got {
  readonly ok: boolean;
  readonly value?: unknown;
  readonly tag?: string;
  readonly text?: string;
}

function fs(func: string, ...args: unknown[]): { iface: string; func: string; args: unknown[] } {
  return { iface: "filesystem", func, args };
}

function skillOf(permissions: RigSkill["permissions"], component: Uint8Array = probe): ReturnType<typeof grantedSkill> {
  return grantedSkill({
    runtime: "wasm-sandbox",
    permissions: { world: "az:host/tool@0.3.0", ...permissions },
    component,
    files: { "references/guide.md": "the guide" },
  });
}

async function rigOf(permissions: RigSkill["permissions"], options: SkillRigOptions = {}): Promise<SkillRig> {
  return await openSkillRig({ home, ...options, skills: [skillOf(permissions)] });
}

function gotten(result: CallResult): readonly Got[] {
  expect(result.error).toBeNull();
  return JSON.parse(result.output ?? "null") as readonly Got[];
}

const ALL = { "fs.read": ["workspace:**"], "fs.write": ["workspace:out/**"] };

describe("host calls of a component", () => {
  it("reads, lists and looks for what it was granted, each on record with who, what and why", async () => {
    const rig = await rigOf(ALL, { files: { "src/a.txt": "hello" } });
    const result = await rig.run("probe", {
      calls: [
        fs("readFile", "src/a.txt"),
        fs("listDir", "src"),
        fs("fileExists", "nothing.txt"),
        fs("readFile", "gone"),
      ],
    });
    expect(gotten(result)).toMatchObject([
      { ok: true, value: "hello" },
      { ok: true, value: [{ name: "a.txt", kind: "file", size: 5 }] },
      { ok: true, value: false },
      { ok: false, tag: "not-found" },
    ]);
    expect(result).toMatchObject({ tool: "probe", tier: "wasm-sandbox", trust: "guest", ok: true });
    const events = await rig.record();
    const run = events.find(({ event, tool, parent_id }) => event === "intent" && tool === "probe" && !parent_id);
    const steps = events.filter(({ event, parent_id }) => event === "intent" && parent_id === run?.execution_id);
    expect(steps.map(({ action }) => action)).toEqual([
      "filesystem.read-file workspace:src/a.txt",
      "filesystem.list-dir workspace:src",
      "filesystem.file-exists workspace:nothing.txt",
      "filesystem.read-file workspace:gone",
    ]);
    expect(steps[0]).toMatchObject({
      decision: "allow",
      skill: { id: "acme/probe", version: "1.0.0" },
      actions: [
        { capability: "file_read", target: join(rig.project, "src/a.txt"), rule: "read-project" },
        { capability: "wasm_host_call", target: "az:host/filesystem", rule: "wasm-imports" },
      ],
    });
    const results = events.filter(({ event, parent_id }) => event === "result" && parent_id === run?.execution_id);
    expect(results).toHaveLength(steps.length);
  });

  it("answers `denied` for what it was not given, and the record says why", async () => {
    const rig = await rigOf({ "fs.read": ["workspace:data/**"] }, {
      files: { "data/a.csv": "1", "src/secret.ts": "2", ".env": "TOKEN=1" },
    });
    const result = await rig.run("probe", {
      calls: [
        fs("readFile", "src/secret.ts"),
        fs("readFile", ".env"),
        fs("readFile", "data/../src/secret.ts"),
        fs("readFile", "../outside.txt"),
        fs("readFile", "/etc/passwd"),
        fs("readFile", join(rig.project, "data/a.csv")),
        fs("writeFile", "data/b.csv", { bytes: "x" }),
        fs("listDir", "."),
        fs("readFile", ".agentzero/policy.yml"),
      ],
    });
    const got = gotten(result);
    expect(got.map(({ tag }) => tag)).toEqual(Array.from({ length: 9 }, () => "denied"));
    expect(got[0]?.text).toContain("skill.permissions");
    expect(existsSync(join(rig.project, "data/b.csv"))).toBe(false);
    expect(rig.events.filter(({ type }) => type === "notice").length).toBe(9);
    const events = await rig.record();
    const denied = events.filter(({ event, decision, parent_id }) =>
      event === "intent" && decision === "deny" && typeof parent_id === "string"
    );
    expect(denied).toHaveLength(9);
    expect(denied[4]).toMatchObject({ rule: "skill.permissions", skill: { id: "acme/probe" } });
    expect(denied[4]?.actions?.[0]).toMatchObject({ target: "/etc/passwd" });
    // Refused is final: no result follows.
    const ids = new Set(denied.map(({ execution_id }) => execution_id));
    expect(events.filter(({ event, execution_id }) => event === "result" && ids.has(execution_id))).toEqual([]);
  });

  it("follows links only to what was granted, and hard links to nothing that is denied", async () => {
    const rig = await rigOf({ "fs.read": ["workspace:data/**"] }, {
      files: { "data/a.txt": "in", "src/b.txt": "out", ".env": "TOKEN=12345678" },
    });
    symlinkSync(join(rig.project, "src/b.txt"), join(rig.project, "data/link"));
    symlinkSync("/etc/passwd", join(rig.project, "data/passwd"));
    symlinkSync("a.txt", join(rig.project, "data/same"));
    linkSync(join(rig.project, ".env"), join(rig.project, "data/hard"));
    const result = await rig.run("probe", {
      calls: ["link", "passwd", "same", "hard"].map((name) => fs("readFile", `data/${name}`)),
    });
    expect(gotten(result).map(({ ok, tag, value }) => (ok ? value : tag))).toEqual([
      "denied",
      "denied",
      "in",
      "denied",
    ]);
  });

  it("refuses what can be no path without asking anybody", async () => {
    const rig = await rigOf(ALL);
    const result = await rig.run("probe", {
      calls: [fs("readFile", "a\0b"), fs("readFile", "home:x"), fs("readFile", "x".repeat(5000)), fs("readFile", "")],
    });
    expect(gotten(result).map(({ tag }) => tag)).toEqual(["invalid", "invalid", "invalid", "invalid"]);
  });

  it("writes with a person's yes, atomically, and only below its atoms", async () => {
    const rig = await rigOf(ALL, { person: "yes", files: { "out/old.txt": "old" } });
    const result = await rig.run("probe", {
      calls: [
        fs("writeFile", "out/deep/new.txt", { bytes: "new" }),
        fs("appendFile", "out/old.txt", { bytes: "+more" }),
        fs("createDir", "out/folder"),
        fs("createDir", "out/folder"),
        fs("createDir", "out/old.txt"),
        fs("writeFile", "src/x.txt", { bytes: "x" }),
      ],
    });
    expect(gotten(result).map(({ ok, tag }) => (ok ? "ok" : tag))).toEqual([
      "ok",
      "ok",
      "ok",
      "ok",
      "exists",
      "denied",
    ]);
    expect(readFileSync(join(rig.project, "out/deep/new.txt"), "utf8")).toBe("new");
    expect(readFileSync(join(rig.project, "out/old.txt"), "utf8")).toBe("old+more");
    expect(existsSync(join(rig.project, "out/folder"))).toBe(true);
    expect(rig.questions[0]).toMatchObject({ actor: "acme/probe@1.0.0", title: "Write out/deep/new.txt" });
  });

  it("is denied a write that nobody can be asked about", async () => {
    const rig = await rigOf(ALL);
    const result = await rig.run("probe", { calls: [fs("writeFile", "out/x", { bytes: "x" })] });
    expect(gotten(result)).toMatchObject([{ ok: false, tag: "denied" }]);
    expect(existsSync(join(rig.project, "out"))).toBe(false);
  });

  it("keeps scratch files for one run only, and shows the skill its own files", async () => {
    const rig = await rigOf({
      "fs.read": ["scratch:**", "skill:references/**"],
      "fs.write": ["scratch:**"],
    });
    const first = gotten(
      await rig.run("probe", {
        calls: [
          fs("writeFile", "scratch:a/b.txt", { bytes: "kept" }),
          fs("appendFile", "scratch:a/b.txt", { bytes: "!" }),
          fs("readFile", "scratch:a/b.txt"),
          fs("listDir", "scratch:a"),
          fs("readFile", "scratch:../README.md"),
          fs("readFile", "skill:references/guide.md"),
          fs("readFile", "skill:SKILL.md"),
          fs("writeFile", "skill:references/guide.md", { bytes: "x" }),
        ],
      }),
    );
    expect(first.map(({ ok, value, tag }) => (ok ? value : tag))).toEqual([
      null,
      null,
      "kept!",
      [{ name: "b.txt", kind: "file", size: 5 }],
      "denied",
      "the guide",
      "denied",
      "denied",
    ]);
    const second = gotten(await rig.run("probe", { calls: [fs("readFile", "scratch:a/b.txt")] }));
    expect(second[0]?.tag).toBe("not-found");
  });

  it("lists nothing that policy hides from it", async () => {
    const rig = await rigOf({ "fs.read": ["workspace:**", "workspace:.*"] }, {
      files: { ".env": "A=1", "b.txt": "b" },
    });
    const [listed] = gotten(await rig.run("probe", { calls: [fs("listDir", ".")] }));
    const names = JSON.stringify(listed?.value);
    expect(names).toContain("b.txt");
    expect(names).not.toContain(".env");
  });

  it("does not let a known value through, neither in nor out", async () => {
    const rig = await rigOf(ALL, { person: "yes", files: { "notes.txt": "the key is sk-planted-value-0001 ok" } });
    rig.composed.redactor.add({
      bytes: new TextEncoder().encode("sk-planted-value-0001"),
      handle: "handle://vault/test/key",
      class: "secret",
    });
    const [read, ...written] = gotten(
      await rig.run("probe", {
        calls: [
          fs("readFile", "notes.txt"),
          fs("writeFile", "out/x", { bytes: ["sk-planted", "-value-0001"] }),
          // In base64: what is written is searched in every encoding.
          fs("writeFile", "out/y", { bytes: ["c2stcGxhbnRl", "ZC12YWx1ZS0wMDAx"] }),
          // What was masked on the way in must not become a file.
          { iface: "probe", func: "copy", args: ["notes.txt", "out/z"] },
        ],
      }),
    );
    expect(read?.value).not.toContain("planted-value");
    expect(written.map(({ tag }) => tag)).toEqual(["denied", "denied", "denied"]);
    expect(existsSync(join(rig.project, "out"))).toBe(false);
  });

  it("has no network, no secret and no tool without an atom", async () => {
    const skill = skillOf({
      ...ALL,
      net: [{ methods: ["GET"], origin: "https://api.example.com:443", path: "/v1/**" }],
      secret: [{ handle: "handle://vault/a/b", origin: "https://api.example.com:443", slot: "bearer" }],
    }, probeAll);
    const rig = await openSkillRig({ home, skills: [skill], person: "yes" });
    const get = { method: "GET", url: "https://api.example.com/v1/x", headers: [] };
    const result = await rig.run("probe", {
      calls: [
        { iface: "http", func: "fetch", args: [{ ...get, url: "https://evil.example.com/v1/x" }] },
        { iface: "http", func: "fetch", args: [{ ...get, method: "POST" }] },
        { iface: "http", func: "fetch", args: [{ ...get, url: "https://api.example.com/admin" }] },
        { iface: "http", func: "fetch", args: [{ ...get, url: "ftp://api.example.com/" }] },
        { iface: "secrets", func: "getSecret", args: ["handle://vault/a/b"] },
        { iface: "secrets", func: "getSecret", args: ["handle://vault/other/b"] },
      ],
    });
    // Its import of `tools` is in no permission: the component is refused as a whole.
    expect(result.error?.code).toBe("WASM_IMPORTS");
  });
});

describe("budgets and cancel", () => {
  it("ends a run at the call after its budget", async () => {
    const rig = await rigOf({ ...ALL, limits: { calls: 10 } });
    const result = await rig.run("probe", { calls: Array.from({ length: 11 }, () => fs("fileExists", "README.md")) });
    expect(result.error?.code).toBe("LIMIT_CALLS");
  });

  it("answers thousands of host calls, each on record", async () => {
    const count = 1_000 * Math.max(1, Number(process.env["AZ_SCALE"] ?? 1));
    const rig = await rigOf({ ...ALL, limits: { calls: 20_000, "wall-ms": 120_000 } });
    const calls = Array.from({ length: Math.min(count, 10_000) }, () => fs("fileExists", "README.md"));
    const result = await rig.run("probe", { calls });
    expect(gotten(result).every(({ ok }) => ok)).toBe(true);
    const events = await rig.record();
    expect(events.filter(({ event, parent_id }) => event === "result" && typeof parent_id === "string")).toHaveLength(
      calls.length,
    );
  });

  it("stops in the middle of a host call that waits for a person", async () => {
    const stop = new AbortController();
    const rig = await rigOf(ALL, {
      person: (_request, signal) => {
        stop.abort();
        return new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve({ kind: "refused", why: "cancelled", message: null }));
        });
      },
    });
    const result = await rig.run("probe", { calls: [fs("writeFile", "out/x", { bytes: "x" })] }, stop.signal);
    expect(result.ok).toBe(false);
    expect(result.error?.code).toBe("CANCELLED");
    expect(existsSync(join(rig.project, "out/x"))).toBe(false);
  });

  it("lets the clock of the guest stand while a person thinks", async () => {
    const rig = await rigOf({ ...ALL, limits: { "wall-ms": 3_000 } }, {
      person: async (request) => {
        await new Promise((resolve) => setTimeout(resolve, 4_000));
        return { kind: "allowed", scope: "once", subject: request.digest, only: null };
      },
    });
    await rig.run("probe", { calls: [] });
    const result = await rig.run("probe", { calls: [fs("writeFile", "out/x", { bytes: "x" })] });
    expect(gotten(result)).toMatchObject([{ ok: true }]);
  });

  it("ends when nothing can be recorded any more", async () => {
    const rig = await rigOf(ALL, { files: { "a.txt": "a" } });
    const { audit } = rig.composed;
    await rig.run("probe", { calls: [] });
    const before = audit.append.bind(audit);
    let seen = 0;
    Object.assign(audit, {
      append: (event: Parameters<typeof before>[0]) => {
        if (event.parent_id !== null && event.parent_id !== undefined && ++seen > 3) throw new Error("disk full");
        return before(event);
      },
    });
    const result = await rig.run("probe", { calls: Array.from({ length: 20 }, () => fs("readFile", "a.txt")) });
    expect(result.ok).toBe(false);
    expect(seen).toBeLessThan(8);
  });
});

describe("what a guest may not learn", () => {
  it("is not told of a file that policy denies, whether it is there or not", async () => {
    const rig = await rigOf({ "fs.read": ["workspace:**", "workspace:.*"] }, { files: { ".env": "A=1" } });
    writeFileSync(join(rig.project, "x.txt"), "x");
    const got = gotten(
      await rig.run("probe", {
        calls: [fs("fileExists", ".env"), fs("fileExists", ".env.local"), fs("fileExists", "x.txt")],
      }),
    );
    expect(got.map(({ ok, tag, value }) => (ok ? value : tag))).toEqual(["denied", "denied", true]);
  });
});
