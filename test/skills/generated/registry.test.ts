import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { randomBytes } from "node:crypto";
import { b2, openKeys } from "../../../core/mod.ts";
import {
  type CheckedDefinition,
  definitionOf,
  type GeneratedTools,
  openGenerated,
  readDefinition,
  readSkillMd,
  type ToolVersion,
} from "../../../skills/mod.ts";
import { describeCompat } from "../../../skills/lock-entry.ts";
import { formatLock } from "../../../skills/lock.ts";
import { textFile } from "../sample-skill.ts";
import { tempDir } from "../../support/temp-dir.ts";

const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const clock = { now: () => Date.now(), mono: () => performance.now() };

interface Rig {
  readonly tools: GeneratedTools;
  readonly home: string;
  readonly project: string;
  readonly folder: (name: string) => string;
  readonly reopen: (project?: string) => GeneratedTools;
}

async function rig(): Promise<Rig> {
  const root = tempDir();
  const home = join(root, "home");
  const project = join(root, "project");
  mkdirSync(join(project, ".agentzero"), { recursive: true, mode: 0o700 });
  const keys = await openKeys({ home, random });
  function reopen(at = project): GeneratedTools {
    return openGenerated({ home, project: at, keys, clock, random });
  }
  return {
    tools: reopen(),
    home,
    project,
    reopen,
    folder: (name) => join(project, ".agentzero/skills", name),
  };
}

function define(over: Readonly<Record<string, unknown>> = {}): CheckedDefinition {
  return readDefinition({
    name: "word-count",
    description: "Counts words in a text.",
    language: "javascript",
    source: "function run({text}) { return { words: text.split(' ').length }; }",
    input_schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
    permissions: { "fs.read": "workspace:data/**" },
    examples: [{ input: { text: "one two" }, output: { words: 2, share: 0.5 } }],
    ...over,
  });
}

function register(tools: GeneratedTools, checked: CheckedDefinition = define()): ToolVersion {
  return tools.register(checked, { plan: tools.plan(checked), engine: b2("engine"), origin: ORIGIN });
}

const ORIGIN = {
  created: 1,
  session: "ses_x",
  call: "call_x",
  tainted: false,
  readBefore: [],
  approval: "once",
} as const;

function edit(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

describe("openGenerated()", () => {
  it("registers a version with everything that is said of it, and gives back the very bytes", async () => {
    const { tools, folder } = await rig();
    const version = register(tools);
    expect(readdirSync(folder("word-count")).toSorted()).toEqual(["active.json", "v1"]);
    expect(readdirSync(join(folder("word-count"), "v1")).toSorted()).toEqual(["SKILL.md", "entry.json", "tool.js"]);
    const entry: Record<string, unknown> = JSON.parse(
      readFileSync(join(folder("word-count"), "v1/entry.json"), "utf8"),
    );
    expect(Object.keys(entry).toSorted()).toEqual(
      ("approval call created engine examples input_schema language mac n name perm permissions read_before session " +
        "source tainted text v").split(" "),
    );
    expect(entry["source"]).toBe(b2(readFileSync(join(folder("word-count"), "v1/tool.js"))));
    const active: Record<string, unknown> = JSON.parse(readFileSync(join(folder("word-count"), "active.json"), "utf8"));
    expect(Object.keys(active).toSorted()).toEqual("active disabled epoch failures mac name v versions".split(" "));
    const md = readSkillMd(version.text, { profile: "secure", generated: true, folder: "word-count" });
    expect(md.secure?.perm).toBe(version.entry.perm);
    const loaded = tools.load("word-count");
    expect(loaded.source).toBe(define().definition.source);
    expect(loaded.description).toBe("Counts words in a text.");
    expect(loaded.actor).toEqual(tools.plan(define()).before?.actor);
    expect(definitionOf(loaded)).toEqual(define().definition);
  });
  it("makes a version of its own for each change, keeps the old ones and rolls back", async () => {
    const { tools } = await rig();
    register(tools);
    const second = register(tools, define({ description: "Counts better." }));
    expect(second.actor.version).toBe("v2");
    expect(second.actor.digest).not.toBe(tools.version("word-count", 1)?.actor.digest);
    expect(tools.rollback("word-count", null).entry.n).toBe(1);
    expect(tools.load("word-count").entry.n).toBe(1);
    expect(register(tools, define({ description: "Third." })).entry.n).toBe(3);
    expect(tools.rollback("word-count", 2).entry.n).toBe(2);
    expect(() => tools.rollback("word-count", 9)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    tools.rollback("word-count", 1);
    expect(() => tools.rollback("word-count", null)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });
  it("keeps twenty versions: the oldest that is not active goes", async () => {
    const { tools, folder } = await rig();
    for (let n = 1; n <= 20; n++) register(tools, define({ description: `Version ${n}.` }));
    tools.rollback("word-count", 1);
    register(tools, define({ description: "One more." }));
    expect(tools.list()[0]?.versions).toEqual(Array.from({ length: 20 }, (_, at) => at + 2));
    expect(existsSync(join(folder("word-count"), "v1"))).toBe(false);
    expect(tools.load("word-count").entry.n).toBe(21);
  });
  it("switches a tool off by hand and on by a rollback", async () => {
    const { tools } = await rig();
    register(tools);
    tools.disable("word-count", "person");
    expect(() => tools.load("word-count")).toThrow(expect.objectContaining({ code: "TOOL_DISABLED" }));
    expect(tools.list()).toMatchObject([{ name: "word-count", state: "disabled", code: "TOOL_DISABLED", active: 1 }]);
    tools.rollback("word-count", 1);
    expect(tools.load("word-count").entry.n).toBe(1);
  });
  it("switches a tool off after three failures in a row, not in all", async () => {
    const { tools } = await rig();
    const version = register(tools);
    expect([true, true, false, true, true].map((failed) => tools.note(version, failed))).toEqual(
      [false, false, false, false, false],
    );
    expect(tools.note(version, true)).toBe(true);
    expect(() => tools.load("word-count")).toThrow(expect.objectContaining({ code: "TOOL_DISABLED" }));
    const second = register(tools, define({ description: "Mended." }));
    expect(tools.note(version, true)).toBe(false);
    expect(tools.load("word-count").actor.digest).toBe(second.actor.digest);
  });
});

describe("openGenerated(), changed files", () => {
  const attacks: readonly (readonly [string, (folder: string, rig: Rig) => void])[] = [
    ["source edited", (folder) => edit(join(folder, "v2/tool.js"), (text) => `${text} `)],
    ["text edited", (folder) => edit(join(folder, "v2/SKILL.md"), (text) => text.replace("data/**", "**"))],
    ["entry edited", (folder) => edit(join(folder, "v2/entry.json"), (text) => text.replace("data/**", "secrets"))],
    ["entry gone", (folder) => rmSync(join(folder, "v2/entry.json"))],
    ["version gone", (folder) => rmSync(join(folder, "v2"), { recursive: true })],
    [
      "active edited",
      (folder) => edit(join(folder, "active.json"), (text) => text.replace('"active":2', '"active":1')),
    ],
    ["active gone", (folder) => rmSync(join(folder, "active.json"))],
    ["active empty", (folder) => writeFileSync(join(folder, "active.json"), "")],
    ["other version in its place", (folder) => {
      rmSync(join(folder, "v2"), { recursive: true });
      cpSync(join(folder, "v1"), join(folder, "v2"), { recursive: true });
    }],
    ["a link to the source", (folder) => {
      cpSync(join(folder, "v2/tool.js"), join(folder, "real.js"));
      rmSync(join(folder, "v2/tool.js"));
      symlinkSync(join(folder, "real.js"), join(folder, "v2/tool.js"));
    }],
    ["a link to the version", (folder) => {
      cpSync(join(folder, "v2"), join(folder, "real"), { recursive: true });
      rmSync(join(folder, "v2"), { recursive: true });
      symlinkSync(join(folder, "real"), join(folder, "v2"));
    }],
    ["writable by others", (folder) => chmodSync(join(folder, "v2/tool.js"), 0o666)],
  ];
  it.for(attacks)("does not run after: %s", async ([, attack]) => {
    const made = await rig();
    const { tools, folder } = made;
    register(tools);
    register(tools, define({ description: "Better." }));
    attack(folder("word-count"), made);
    expect(() => tools.load("word-count")).toThrow(expect.objectContaining({ code: "TOOL_DISABLED" }));
    // And goes on being off.
    expect(() => tools.load("word-count")).toThrow(expect.objectContaining({ code: "TOOL_DISABLED" }));
    expect(tools.list()).toMatchObject([{ state: "disabled" }]);
    // The first version was not touched: a person goes back to it.
    expect(tools.rollback("word-count", 1).entry.n).toBe(1);
    expect(tools.load("word-count").description).toBe("Counts words in a text.");
  });
  it("stays off when the edit is taken back: a person decides", async () => {
    const { tools, folder } = await rig();
    register(tools);
    const file = join(folder("word-count"), "v1/tool.js");
    const before = readFileSync(file);
    edit(file, (text) => `${text}//`);
    expect(() => tools.load("word-count")).toThrow(expect.objectContaining({ code: "TOOL_DISABLED" }));
    writeFileSync(file, before);
    expect(() => tools.load("word-count")).toThrow(expect.objectContaining({ code: "TOOL_DISABLED" }));
    expect(tools.rollback("word-count", 1).entry.n).toBe(1);
  });
  it("notices that old files were put back", async () => {
    const { tools, folder } = await rig();
    register(tools);
    const old = readFileSync(join(folder("word-count"), "active.json"));
    register(tools, define({ description: "Better." }));
    tools.disable("word-count", "person");
    writeFileSync(join(folder("word-count"), "active.json"), old);
    expect(() => tools.load("word-count")).toThrow(expect.objectContaining({ code: "TOOL_DISABLED" }));
  });
  it("takes no tool of another project, name or user", async () => {
    const made = await rig();
    const { tools, project, folder, reopen } = made;
    register(tools);
    cpSync(folder("word-count"), folder("other-name"), { recursive: true });
    expect(() => tools.load("other-name")).toThrow(expect.objectContaining({ code: "TOOL_FOREIGN" }));
    cpSync(project, `${project}-clone`, { recursive: true });
    const clone = reopen(`${project}-clone`);
    expect(() => clone.load("word-count")).toThrow(expect.objectContaining({ code: "TOOL_FOREIGN" }));
    expect(clone.list()).toMatchObject([{ name: "other-name", state: "foreign" }, {
      name: "word-count",
      code: "TOOL_FOREIGN",
    }]);
    // Whoever makes it anew starts after the numbers that are taken.
    expect(register(clone).entry.n).toBe(2);
    expect(clone.load("word-count").entry.n).toBe(2);
  });
  it("gives its name up to an installed skill, for as long as that is there", async () => {
    const { tools, project } = await rig();
    register(tools);
    const text = textFile("SKILL.md", "---\nname: word-count\ndescription: Counts.\n---\n");
    const entry = describeCompat({ name: "word-count", archive: text.bytes, files: [text], source: "./word-count" });
    writeFileSync(join(project, ".agentzero/skills.lock"), formatLock([entry]));
    expect(() => tools.load("word-count")).toThrow(expect.objectContaining({ code: "SHADOW" }));
    expect(tools.list()).toMatchObject([{ state: "disabled", code: "SHADOW" }]);
    rmSync(join(project, ".agentzero/skills.lock"));
    expect(tools.load("word-count").entry.n).toBe(1);
  });
  it("writes nothing through a folder that is a link", async () => {
    const { tools, project } = await rig();
    const elsewhere = tempDir();
    symlinkSync(elsewhere, join(project, ".agentzero/skills"));
    expect(() => register(tools)).toThrow(expect.objectContaining({ code: "TOOL_FOREIGN" }));
    expect(readdirSync(elsewhere)).toEqual([]);
  });
  it("leaves a skill that somebody wrote by hand alone", async () => {
    const { tools, folder } = await rig();
    mkdirSync(folder("by-hand"), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder("by-hand"), "SKILL.md"), "---\nname: by-hand\ndescription: x\n---\n");
    expect(tools.list()).toEqual([]);
    expect(tools.has("by-hand")).toBe(false);
  });
});

describe("openGenerated(), two at once", () => {
  it("lets only the first of two that were planned on the same version in", async () => {
    const { tools, reopen } = await rig();
    const other = reopen();
    const mine = define({ description: "Mine." });
    const theirs = define({ description: "Theirs." });
    const plan = tools.plan(mine);
    register(other, theirs);
    expect(() => tools.register(mine, { plan, engine: b2("engine"), origin: ORIGIN })).toThrow(
      expect.objectContaining({ code: "BUSY" }),
    );
    expect(tools.load("word-count").description).toBe("Theirs.");
  });
  it("survives a kill at any moment: the version before is active, or the new one, whole", async () => {
    const { tools, home, project, folder } = await rig();
    register(tools);
    const script = fileURLToPath(new URL("register-for-ever.ts", import.meta.url));
    for (let kill = 0; kill < KILLS; kill++) {
      const before = tools.load("word-count").entry.n;
      const child = spawn(process.execPath, [...runtimeFlags(), script, home, project], { stdio: "ignore" });
      const ended = new Promise((resolve) => child.once("close", resolve));
      while (child.exitCode === null && tools.load("word-count").entry.n === before) await pause(5);
      await pause((kill * 3) % 17);
      child.kill("SIGKILL");
      await ended;
      expect(child.signalCode).toBe("SIGKILL");
      // A lock that was killed half written counts until it is old; nobody waits for that here.
      for (const lock of [join(home, "trust/files.lock"), join(folder(".."), "generated.lock")]) {
        if (existsSync(lock) && readFileSync(lock, "utf8") === "") rmSync(lock);
      }
      const loaded = tools.load("word-count");
      expect(loaded.description).toBe(`Version ${loaded.entry.n}.`);
      const [listed] = tools.list();
      for (const n of listed?.versions ?? []) expect(tools.version("word-count", n)?.entry.n).toBe(n);
    }
    // What was begun is swept away by the next one.
    const last = register(tools, define({ description: "Last." }));
    expect(last.entry.n).toBeGreaterThan(KILLS);
    expect(readdirSync(folder("word-count")).filter((name) => name.startsWith("."))).toEqual([]);
  });
});

const KILLS = Math.ceil(3 * (Number(process.env["AZ_SCALE"] ?? "1") || 1));

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function runtimeFlags(): readonly string[] {
  return "deno" in process.versions ? ["run", "-A"] : [];
}
