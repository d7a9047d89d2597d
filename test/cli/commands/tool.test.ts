import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { b2 } from "../../../core/mod.ts";
import { inspectComponent } from "../../../sandbox/mod.ts";
import { readSkillMd } from "../../../skills/mod.ts";
import { runHere, type Said } from "../../support/command-line.ts";
import { sharedDir, tempDir } from "../../support/temp-dir.ts";

// One home for all: the script engine is installed once.
let home: string;
beforeAll(() => {
  home = join(sharedDir(), "home");
});

interface Place {
  readonly project: string;
  readonly az: (words: readonly string[], input?: string) => Promise<Said>;
}

/** A project of its own. */
async function place(): Promise<Place> {
  const project = tempDir({ "README.md": "# Sample\n" });
  async function az(words: readonly string[], input?: string): Promise<Said> {
    return await runHere(words, { project, home, ...(input === undefined ? {} : { input }) });
  }
  await az(["init"]);
  return { project, az };
}

const DEFINITION = {
  name: "word-count",
  description: "Counts words in a text.",
  language: "javascript",
  permissions: { "fs.read": "workspace:**", limits: "wall-ms=2000" },
  source: "function run({text}) { return { words: (text.match(/\\S+/g) ?? []).length }; }",
  input_schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  examples: [{ input: { text: "one two" }, output: { words: 2 } }, { input: { text: " " }, output: { words: 0 } }],
};
const JSON_TEXT = JSON.stringify(DEFINITION);

function code(said: Said): unknown {
  const { error } = said.json();
  return typeof error === "object" && error !== null && "code" in error ? error.code : error;
}

describe("agentzero tool", () => {
  it("generates from stdin or a file, lists, shows, runs, rolls back and disables", async () => {
    const { project, az } = await place();
    const made = await az(["tool", "generate", "-", "--approve", "--json"], JSON_TEXT);
    expect([made.exit, made.json()]).toMatchObject([0, {
      tool: "generate_tool",
      ok: true,
      approved: "once",
      trust: "core",
    }]);
    writeFileSync(
      join(project, "better.json"),
      JSON.stringify({ ...DEFINITION, description: "Counts words, better." }),
    );
    const second = await az(["tool", "generate", "better.json", "--approve", "--json"]);
    expect([second.exit, second.json()["output"]]).toEqual([0, expect.stringContaining("word-count@v2")]);
    const listed = (await az(["tool", "list", "--json"])).json();
    expect(listed).toMatchObject({
      v: 1,
      tools: [{
        name: "word-count",
        id: "generated:word-count",
        state: "ready",
        code: null,
        active: 2,
        versions: [1, 2],
      }],
    });
    expect((await az(["tool", "list"])).stdout).toMatch(/word-count +v2 +ready +Counts words, better\./);
    const shown = await az(["tool", "show", "word-count", "1", "--json"]);
    expect(shown.json()["tool"]).toMatchObject({
      version: 1,
      source: DEFINITION.source,
      examples: DEFINITION.examples,
    });
    expect((await az(["tool", "show", "word-count"])).stdout).toContain("may read workspace:**");
    const ran = await az(["tool", "run", "word-count", "--input", '{"text":"a b c"}', "--json"]);
    expect([ran.exit, ran.json()]).toMatchObject([0, { tool: "word-count", output: '{"words":3}', trust: "tool" }]);
    const called = await az(["call", "word-count", '{"text":"a"}', "--json"]);
    expect([called.exit, called.json()["output"]]).toEqual([0, '{"words":1}']);
    const info = await az(["skill", "info", "word-count", "--json"]);
    expect([info.exit, info.json()["skills"]]).toMatchObject([0, [{ id: "generated:word-count", state: "ready" }]]);
    const back = await az(["tool", "rollback", "word-count", "--json"]);
    expect([back.exit, back.json()]).toMatchObject([0, { v: 1, name: "word-count", active: 1 }]);
    const off = await az(["tool", "disable", "word-count", "--json"]);
    expect(off.exit).toBe(0);
    const refused = await az(["tool", "run", "word-count", "--input", '{"text":""}', "--json"]);
    expect([refused.exit, code(refused), refused.json()["ok"]]).toEqual([5, "TOOL_DISABLED", false]);
    expect(refused.json()["audit"]).toMatchObject({ intent: expect.any(Number) });
    expect((await az(["tool", "rollback", "word-count", "2"])).stdout).toContain("v2");
    const verified = await az(["audit", "verify", "--all", "--json"]);
    expect(verified.exit).toBe(0);
  });
  it("is the same gate as call generate_tool: nobody to ask, nothing made", async () => {
    const { az } = await place();
    for (const words of [["tool", "generate", "-", "--json"], ["call", "generate_tool", "-", "--json"]]) {
      const said = await az(words, JSON_TEXT);
      expect([said.exit, code(said), said.json()["approved"]]).toEqual([5, "APPROVAL_NOBODY", "nobody"]);
    }
    expect((await az(["tool", "list", "--json"])).json()).toEqual({ v: 1, tools: [] });
    expect((await az(["call", "generate_tool", "-", "--approve", "--json"], JSON_TEXT)).exit).toBe(0);
  });
  it.for(
    [
      ["a name", { name: "Wörter" }, "TOOL_NAME", 1],
      ["a schema", { input_schema: { type: "array" } }, "TOOL_SCHEMA", 1],
      ["a source of a megabyte", { source: "x".repeat(1024 * 1024) }, "TOOL_SCHEMA", 1],
      ["source that does not compile", { source: "function run( {" }, "TOOL_COMPILE", 1],
      ["an example", { source: "function run() { return 1; }" }, "TOOL_EXAMPLE", 1],
      ["an asynchronous tool", { source: "async function run() {}" }, "ASYNC_TOOL", 1],
    ] as const,
  )("ends with its code and exit for %s", async ([, over, wanted, exit]) => {
    const { az, project } = await place();
    const said = await az(["tool", "generate", "-", "--approve", "--json"], JSON.stringify({ ...DEFINITION, ...over }));
    expect([code(said), said.exit]).toEqual([wanted, exit]);
    expect(existsSync(join(project, ".agentzero/skills/word-count"))).toBe(false);
  });
  it("says how it is used", async () => {
    const { az } = await place();
    expect((await az(["tool", "generate", "--json"])).exit).toBe(2);
    expect((await az(["tool", "generate", "nowhere.json", "--json"])).exit).toBe(4);
    expect((await az(["tool", "generate", "-", "--json"], "{")).exit).toBe(2);
    expect((await az(["tool", "run", "no-such-tool", "--json"])).exit).toBe(4);
    expect((await az(["tool", "show", "no-such-tool", "--json"])).exit).toBe(4);
    expect((await az(["tool", "rollback", "no-such-tool", "--json"])).exit).toBe(4);
    expect((await az(["tool", "rollback", "x", "first", "--json"])).exit).toBe(2);
    expect((await az(["call", "no-such-tool", "{}", "--json"])).exit).toBe(2);
  });
  it("takes no definition that never ends or is none, and says which file it was", async () => {
    const { az, project } = await place();
    writeFileSync(join(project, "broken.json"), '{"name": "x",');
    writeFileSync(join(project, "latin1.json"), Uint8Array.of(0x7b, 0xe4, 0x7d));
    writeFileSync(join(project, "huge.json"), new Uint8Array(2 * 1024 * 1024 + 1));
    spawnSync("mkfifo", [join(project, "fifo.json")]);
    for (
      const [file, exit, why] of [
        ["broken.json", 2, "not JSON"],
        ["latin1.json", 2, "not UTF-8"],
        ["huge.json", 2, "more than 2097152 bytes"],
        ["fifo.json", 2, "not a regular file"],
        ["/dev/zero", 2, "not a regular file"],
        [".", 2, "not a regular file"],
      ] as const
    ) {
      // oxlint-disable-next-line no-await-in-loop -- one program
      const said = await az(["tool", "generate", file, "--json"]);
      const { message } = (said.json() as { error: { message: string } }).error;
      expect([said.exit, message]).toEqual([exit, expect.stringContaining(why)]);
      expect(message).toContain(`"${file}"`);
    }
  });
  it("does not run what somebody else registered, until a person made it their own", async () => {
    const { az, project } = await place();
    await az(["tool", "generate", "-", "--approve"], JSON_TEXT);
    const other = await place();
    cpSync(join(project, ".agentzero/skills"), join(other.project, ".agentzero/skills"), { recursive: true });
    const refused = await other.az(["tool", "run", "word-count", "--input", '{"text":""}', "--json"]);
    expect([refused.exit, code(refused)]).toEqual([5, "TOOL_FOREIGN"]);
    const mine = await other.az(["tool", "generate", "--from", ".agentzero/skills/word-count", "--approve", "--json"]);
    expect([mine.exit, mine.json()["output"]]).toEqual([0, expect.stringContaining("word-count@v2")]);
    const shown = (await other.az(["tool", "show", "word-count", "--json"])).json()["tool"];
    expect(shown).toMatchObject({ tainted: true, read_before: [".agentzero/skills/word-count"] });
    expect((await other.az(["tool", "run", "word-count", "--input", '{"text":"x"}'])).stdout).toBe('{"words":1}\n');
  });
  it("builds a skill whose component does the same, with no more imports than it needs", async () => {
    const { az, project } = await place();
    await az(["tool", "generate", "-", "--approve"], JSON_TEXT);
    const built = await az(["tool", "build", "word-count", "-o", "build/word-count", "--namespace", "acme", "--json"]);
    expect([built.exit, built.json()]).toMatchObject([0, { id: "acme/word-count" }]);
    const folder = join(project, "build/word-count");
    expect(readdirSync(folder, { recursive: true }).map(String).toSorted()).toEqual([
      "SKILL.md",
      "component",
      join("component", "word-count.wasm"),
      "references",
      join("references", "tool.js"),
      "schema",
      join("schema", "input.json"),
    ]);
    const bytes = readFileSync(join(folder, "component/word-count.wasm"));
    expect(built.json()["component"]).toMatchObject({ digest: b2(bytes), bytes: bytes.length });
    expect(bytes.length).toBeLessThan(1.6 * 1024 * 1024);
    const facts = await inspectComponent(bytes);
    expect(facts.imports.map((name) => name.replace(/^az:host\/|@.*$/g, "")).toSorted()).toEqual(
      expect.arrayContaining(["clock", "filesystem", "logging", "random"]),
    );
    expect(facts.imports.join(" ")).not.toMatch(/wasi|http|secrets|tools/);
    const md = readSkillMd(readFileSync(join(folder, "SKILL.md")), { profile: "secure" });
    expect([md.secure?.id, md.secure?.wasm, md.secure?.runtime]).toEqual([
      "acme/word-count",
      "component/word-count.wasm",
      "wasm-sandbox",
    ]);
    const valid = await az(["skill", "validate", "build/word-count", "--json"]);
    expect([valid.exit, valid.json()]).toMatchObject([0, { ok: true, findings: [] }]);
    const again = await az(["tool", "build", "word-count", "-o", "build/word-count", "--json"]);
    expect([again.exit, code(again)]).toEqual([1, "WRITE_FAILED"]);
  });
});
