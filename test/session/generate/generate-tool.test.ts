import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { CallResult } from "../../../session/mod.ts";
import { type Engine, type EngineOptions, openEngine } from "../../support/engine.ts";
import { recordOf } from "../../support/record.ts";
import { sharedDir } from "../../support/temp-dir.ts";

// One home for all: the script engine is installed once.
let home: string;
beforeAll(() => {
  home = join(sharedDir(), "home");
});

function open(options: EngineOptions = {}): Promise<Engine> {
  return openEngine({ home, generated: true, person: "yes", ...options });
}

const WORD_COUNT = {
  name: "word-count",
  description: "Counts words in a text.",
  language: "javascript",
  permissions: {},
  source: "function run({text}) { return { words: (text.match(/\\S+/g) ?? []).length }; }",
  input_schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  examples: [{ input: { text: "one two" }, output: { words: 2 } }, { input: { text: " " }, output: { words: 0 } }],
};

function tool(over: Readonly<Record<string, unknown>>): unknown {
  return { ...WORD_COUNT, input_schema: { type: "object" }, examples: [{ input: {}, output: 1 }], ...over };
}

const FREE = [
  "version: 2",
  "rules:",
  "  - { id: files, effect: allow, capability: [file_read, file_write], paths: ['${project}/**'], tainted: any,",
  "      classification: [public, internal, private, unknown] }",
  "  - { id: tools, effect: allow, capability: [package_install, package_execution, runtime_launch, wasm_host_call],",
  "      tainted: any, tier: [wasm-sandbox] }",
  "",
].join("\n");

function shown(result: CallResult): unknown {
  return { ok: result.ok, code: result.error?.code ?? null, output: result.output };
}

function toolFiles(engine: Engine, name = "word-count"): readonly string[] {
  const folder = join(engine.project, ".agentzero/skills", name);
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String).toSorted() : [];
}

describe("generate_tool", () => {
  it("registers a tool whose examples pass, and it can be called", async () => {
    const engine = await open();
    const made = await engine.call("generate_tool", WORD_COUNT);
    expect(shown(made)).toEqual({ ok: true, code: null, output: expect.stringContaining("generated:word-count@v1") });
    expect([made.trust, made.decision, made.rule, made.approved]).toEqual([
      "core",
      "requires_approval",
      "install",
      "once",
    ]);
    const ran = await engine.call("word-count", { text: "a b c" });
    expect(shown(ran)).toEqual({ ok: true, code: null, output: '{"words":3}' });
    expect([ran.trust, ran.tier, ran.rule]).toEqual(["tool", "wasm-sandbox", "run-wasm"]);
    const events = await recordOf(engine);
    const change = events.find(({ event }) => event === "tool.change");
    expect(change?.reason).toMatch(/^registered: generated:word-count@v1 b2:/);
    // Every intent has its end.
    const intents = events.filter(({ event, decision }) => event === "intent" && decision !== "deny");
    for (const { execution_id } of intents) {
      expect(events.filter((one) => one.execution_id === execution_id && one.event === "result")).toHaveLength(1);
    }
  });
  it("asks with what the tool may do, its source, and the difference to the active version", async () => {
    const engine = await open();
    await engine.call("generate_tool", WORD_COUNT);
    const better = { ...WORD_COUNT, permissions: { "fs.read": "workspace:**", net: "GET https://a.example.com:443/" } };
    await engine.call("generate_tool", better);
    const [first, second] = engine.questions;
    expect(first?.preview.kind === "changes" ? first.preview.changes.map(({ kind, path }) => [kind, path]) : [])
      .toEqual([
        ["create", ".agentzero/skills/word-count/v1/SKILL.md"],
        ["create", ".agentzero/skills/word-count/v1/tool.js"],
      ]);
    const sheet = second?.preview.kind === "changes" ? second.preview.changes[0] : undefined;
    expect(sheet?.before).toContain("nothing but compute");
    expect(sheet?.after).toContain("may read workspace:**");
    expect(sheet?.after).toContain("may send GET https://a.example.com:443/");
    expect(sheet?.after).toContain('WARNING: "workspace:**" is the whole project');
    expect(sheet?.after).toContain("WARNING: it reads files and can send");
  });
  it("registers nothing when nobody can be asked, or the person says no", async () => {
    const nobody = await open({ person: "nobody" });
    expect(shown(await nobody.call("generate_tool", WORD_COUNT))).toMatchObject({ ok: false, code: "APPROVAL_NOBODY" });
    const no = await open({ person: () => Promise.resolve({ kind: "refused", why: "no", message: "not now" }) });
    expect(shown(await no.call("generate_tool", WORD_COUNT))).toMatchObject({ ok: false, code: "APPROVAL_REFUSED" });
    expect([...toolFiles(nobody), ...toolFiles(no)]).toEqual([]);
  });
  it("is offered to no session that only reads", async () => {
    const engine = await open({ mode: "read-only" });
    expect((await engine.call("generate_tool", WORD_COUNT)).error?.code).toBe("TOOL_UNKNOWN");
  });

  const refused: readonly (readonly [string, Readonly<Record<string, unknown>>, string, string])[] = [
    ["a syntax error", { source: "function run() {\n  return let;\n}" }, "TOOL_COMPILE", "line 2"],
    ["source that is no program", { source: "{{{{" }, "TOOL_COMPILE", "SyntaxError"],
    ["another function", { source: "function main() { return 1; }" }, "TOOL_COMPILE", "no function `run`"],
    ["an export", { source: "export function run() { return 1; }" }, "TOOL_COMPILE", "export"],
    ["a run that is no function", { source: "const run = 5;" }, "TOOL_COMPILE", "no function `run`"],
    [
      "source that ends our function",
      { source: "return 1; }), (function () { function run() { return 1; }" },
      "TOOL_COMPILE",
      "bracket",
    ],
    [
      "what throws at its start",
      { source: "throw new Error('early'); function run() { return 1; }" },
      "TOOL_COMPILE",
      "early",
    ],
    ["an asynchronous tool", { source: "async function run() { return 1; }" }, "ASYNC_TOOL", "asynchronous"],
    ["a generator", { source: "function* run() { return 1; }" }, "ASYNC_TOOL", "asynchronous"],
    ["a promise", { source: "function run() { return Promise.resolve(1); }" }, "ASYNC_TOOL", "asynchronous"],
    ["a thenable", { source: "function run() { return { then() {} }; }" }, "ASYNC_TOOL", "asynchronous"],
    ["another result", { source: "function run() { return 2; }" }, "TOOL_EXAMPLE", "example 1 gave 2, not 1"],
    ["no result", { source: "function run() {}" }, "TOOL_EXAMPLE", "returned nothing"],
    [
      "a result that is no JSON",
      { source: "function run() { return { a: () => 1 }; }" },
      "TOOL_EXAMPLE",
      "a function at $.a",
    ],
    ["a number that is none", { source: "function run() { return 0 / 0; }" }, "TOOL_EXAMPLE", "NaN at $"],
    ["what throws", { source: "function run() {\n null.x; }" }, "TOOL_EXAMPLE", "line 2: TypeError"],
    [
      "what throws anything",
      { source: "function run() { throw { get message() { throw 1; } }; }" },
      "TOOL_EXAMPLE",
      "cannot be shown",
    ],
    [
      "an endless loop",
      { source: "function run() { for (;;) {} }", permissions: { limits: "wall-ms=500" } },
      "TOOL_EXAMPLE",
      "LIMIT_",
    ],
    [
      "an endless loop at its start",
      { source: "for (;;) {} function run() {}", permissions: { limits: "wall-ms=500" } },
      "TOOL_EXAMPLE",
      "LIMIT_",
    ],
    [
      "a memory bomb",
      { source: "function run() { const a = []; for (;;) a.push(new Uint8Array(1e6)); }" },
      "TOOL_EXAMPLE",
      "memory",
    ],
    ["endless recursion", { source: "function run(x) { return run(x) + 1; }" }, "TOOL_EXAMPLE", "example 1"],
    ["a giant result", { source: "function run() { return 'x'.repeat(2e6); }" }, "TOOL_EXAMPLE", "example 1"],
    [
      "a flood of host calls",
      {
        source: "function run() { for (;;) host.filesystem.fileExists('a'); }",
        permissions: { "fs.read": "workspace:**", limits: "calls=20" },
      },
      "TOOL_EXAMPLE",
      "LIMIT_CALLS",
    ],
    [
      "one host call where it asked for none",
      {
        source: "function run() { return host.filesystem.fileExists('a'); }",
        permissions: { "fs.read": "workspace:**", limits: "calls=0" },
      },
      "TOOL_EXAMPLE",
      "LIMIT_CALLS",
    ],
    ["eval", { source: "function run() { return (0, eval)('1'); }" }, "TOOL_EXAMPLE", "eval"],
    [
      "a constructor of code",
      { source: "function run() { return run.constructor('return 1')(); }" },
      "TOOL_EXAMPLE",
      "code is fixed",
    ],
    [
      "a file that was not granted",
      { source: "function run() { host.filesystem.readFile('README.md'); return 1; }" },
      "TOOL_EXAMPLE",
      "denied",
    ],
    [
      "a file beyond what was granted",
      {
        source: "function run() { host.filesystem.readFile('README.md'); return 1; }",
        permissions: { "fs.read": "workspace:data/**" },
      },
      "TOOL_EXAMPLE",
      "denied",
    ],
    [
      "a file out of the project",
      {
        source: "function run() { host.filesystem.readFile('../../etc/passwd'); return 1; }",
        permissions: { "fs.read": "workspace:**" },
      },
      "TOOL_EXAMPLE",
      "denied",
    ],
    [
      "the engine's own source",
      {
        source: "function run() { host.filesystem.readFile('sandbox/wasm/engine/shim/engine.js'); return 1; }",
        permissions: { "fs.read": "workspace:**" },
      },
      "TOOL_EXAMPLE",
      "example 1 failed",
    ],
    [
      "another tool's state",
      {
        source: "function run() { host.filesystem.readFile('.agentzero/skills/other/active.json'); return 1; }",
        permissions: { "fs.read": "workspace:**" },
      },
      "TOOL_EXAMPLE",
      "example 1 failed",
    ],
    [
      "its own source, to write it",
      {
        source:
          "function run() { host.filesystem.writeFile('.agentzero/skills/word-count/v1/tool.js', 'x'); return 1; }",
        permissions: { "fs.write": "workspace:**" },
      },
      "TOOL_EXAMPLE",
      "denied",
    ],
    [
      "a write beyond what was granted",
      {
        source: "function run() { host.filesystem.writeFile('README.md', 'x'); return 1; }",
        permissions: { "fs.write": "workspace:out/**" },
      },
      "TOOL_EXAMPLE",
      "denied",
    ],
    [
      "network that was not granted",
      { source: "function run() { return host.http.fetch('https://a.example.com/').status; }" },
      "TOOL_EXAMPLE",
      "denied",
    ],
    [
      "network without a mock",
      {
        source: "function run() { return host.http.fetch('https://a.example.com/x').status; }",
        permissions: { net: "GET https://a.example.com:443/**" },
      },
      "TOOL_EXAMPLE",
      "denied",
    ],
    [
      "calling another tool",
      { source: "function run() { return host.tools.call('read', {path: 'README.md'}); }" },
      "TOOL_EXAMPLE",
      "denied",
    ],
    [
      "calling itself",
      { source: "function run() { return host.tools.call('word-count', {}); }" },
      "TOOL_EXAMPLE",
      "denied",
    ],
    [
      "making a tool",
      { source: "function run() { return host.tools.registerTool({name: 'x'}); }" },
      "TOOL_EXAMPLE",
      "denied",
    ],
  ];
  it("refuses what does not pass, says why, keeps the version before, and leaves a whole record", async () => {
    // Nobody is asked: more than twenty questions a minute are refused.
    const engine = await open({ policy: FREE, person: "nobody" });
    await engine.call("generate_tool", WORD_COUNT);
    const before = toolFiles(engine);
    for (const [name, over, code, said] of refused) {
      const result = await engine.call("generate_tool", tool(over));
      expect([name, shown(result), result.trust]).toEqual([name, { ok: false, code, output: null }, "guest"]);
      expect([name, result.error?.message]).toEqual([name, expect.stringContaining(said)]);
      expect([name, toolFiles(engine)]).toEqual([name, before]);
    }
    expect(readFileSync(join(engine.project, "README.md"), "utf8")).toBe("# Sample\n");
    expect((await engine.call("word-count", { text: "still here" })).output).toBe('{"words":2}');
    const events = await recordOf(engine);
    expect(events.filter(({ event }) => event === "tool.change")).toHaveLength(1);
    const done = new Set(events.filter(({ event }) => event === "result").map(({ execution_id }) => execution_id));
    const intents = events.filter(({ event, decision }) => event === "intent" && decision !== "deny");
    expect(intents.filter(({ execution_id }) => !done.has(execution_id))).toEqual([]);
  });

  it("hides nothing of the host object, and lets nothing of it be changed", async () => {
    const engine = await open();
    const source = `function run() {
      "use strict";
      const tries = [
        () => { host.filesystem = {}; },
        () => { host.filesystem.readFile = () => 1; },
        () => { host.filesystem.readFile.x = 1; },
        () => { Object.setPrototypeOf(host, { a: 1 }); },
        () => { Object.defineProperty(host.http, "fetch", { value: 1 }); },
        () => { delete host.clock.now; },
        () => { host.__proto__.x = 1; },
        () => { host.constructor.constructor("return 1")(); },
        () => { (function () {}).constructor.prototype.constructor("return 1")(); },
      ];
      const failed = tries.map((one) => { try { one(); return false; } catch { return true; } });
      Object.prototype.then = undefined;
      Array.prototype.join = () => "changed";
      JSON.stringify = () => "changed";
      Object.prototype.toJSON = undefined;
      return {
        failed,
        protos: [Object.getPrototypeOf(host), Object.getPrototypeOf(host.http)],
        source: String(host.filesystem.readFile).includes("native"),
        names: Object.keys(host).sort(),
        globals: ["fetch", "process", "require", "setTimeout", "WebAssembly", "eval", "performance", "wit", "__cqjs"]
          .filter((name) => name in globalThis),
      };
    }`;
    const output = {
      failed: Array(9).fill(true),
      protos: [null, null],
      source: true,
      names: ["clock", "filesystem", "http", "logging", "random", "secrets", "tools"],
      globals: [],
    };
    const result = await engine.call("generate_tool", tool({ source, examples: [{ input: {}, output }] }));
    expect(result.error).toBeNull();
  });
  it("tries writes in memory, reads what was granted, and takes the network from mocks", async () => {
    const engine = await open({ files: { "data/a.txt": "from the disk" } });
    const source = `function run({ url }) {
      const text = (path) => new TextDecoder().decode(host.filesystem.readFile(path));
      host.filesystem.writeFile("out/a.txt", "first ");
      host.filesystem.appendFile("out/a.txt", "second");
      const answer = host.http.fetch({ url, headers: { accept: "text/plain" }, body: "ping", method: "POST" });
      return [text("data/a.txt"), text("out/a.txt"), answer.status, new TextDecoder().decode(answer.body),
        host.filesystem.fileExists("out/a.txt"), host.filesystem.listDir("data").map(({ name, size }) => [name, size])];
    }`;
    const result = await engine.call(
      "generate_tool",
      tool({
        source,
        permissions: {
          "fs.read": "workspace:data/** workspace:data workspace:out/**",
          "fs.write": "workspace:out/**",
          net: "POST https://api.example.com:443/**",
        },
        examples: [{
          input: { url: "https://api.example.com/x" },
          output: ["from the disk", "first second", 201, "pong", true, [["a.txt", 13]]],
          mocks: [{
            call: "http.fetch",
            args: [{ url: "https://api.example.com/x", method: "POST", body: "ping" }],
            result: { status: 201, headers: { "content-type": "text/plain" }, body: "pong" },
          }],
        }],
      }),
    );
    expect(result.error).toBeNull();
    expect(existsSync(join(engine.project, "out"))).toBe(false);
  });
  it("gives a tool clock and random bytes that are equal on a replay of the call", async () => {
    const engine = await open();
    const source =
      "function run() { return [typeof Date.now(), new Date(Date.now()).getFullYear() >= 2024, Math.random() < 1]; }";
    const made = await engine.call(
      "generate_tool",
      tool({ source, examples: [{ input: {}, output: ["number", true, true] }] }),
    );
    expect(made.error).toBeNull();
  });
  it("expects errors by a part of their text", async () => {
    const engine = await open();
    const source = "function run({ n }) { if (n < 0) throw new RangeError('no negative numbers'); return n; }";
    const good = [{ input: { n: 2 }, output: 2 }, { input: { n: -1 }, error: "no negative" }];
    expect((await engine.call("generate_tool", tool({ source, examples: good }))).error).toBeNull();
    const bad = [{ input: { n: -1 }, error: "something else" }];
    expect((await engine.call("generate_tool", tool({ source, examples: bad }))).error?.code).toBe("TOOL_EXAMPLE");
    const none = [{ input: { n: 1 }, error: "no" }];
    expect((await engine.call("generate_tool", tool({ source, examples: none }))).error?.message).toContain(
      "not an error",
    );
  });
});

describe("a generated tool", () => {
  it("checks its input before it runs", async () => {
    const engine = await open();
    await engine.call("generate_tool", WORD_COUNT);
    const result = await engine.call("word-count", { text: 5 });
    expect(shown(result)).toMatchObject({ ok: false, code: "ARGS_INVALID" });
    expect(result.error?.message).toContain('"text"');
  });
  it("has nothing left from its last call", async () => {
    const engine = await open();
    const source = "let n = 0; function run() { globalThis.m = (globalThis.m ?? 0) + 1; return ++n + globalThis.m; }";
    await engine.call("generate_tool", tool({ source, examples: [{ input: {}, output: 2 }] }));
    expect((await engine.call("word-count", {})).output).toBe("2");
    expect((await engine.call("word-count", {})).output).toBe("2");
  });
  it("reads and writes as its own actor, each call decided and on record", async () => {
    const engine = await open({ files: { "data/a.txt": "abc" } });
    const source = `function run() {
      host.filesystem.writeFile("out/copy.txt", host.filesystem.readFile("data/a.txt"));
      return "done";
    }`;
    const permissions = { "fs.read": "workspace:data/**", "fs.write": "workspace:out/**" };
    const made = await engine.call(
      "generate_tool",
      tool({ source, permissions, examples: [{ input: {}, output: "done" }] }),
    );
    expect(made.error).toBeNull();
    expect(existsSync(join(engine.project, "out"))).toBe(false);
    const ran = await engine.call("word-count", {});
    expect(shown(ran)).toMatchObject({ ok: true, output: '"done"' });
    expect(readFileSync(join(engine.project, "out/copy.txt"), "utf8")).toBe("abc");
    const steps = (await recordOf(engine)).filter(({ event, call }) => event === "intent" && call === ran.call);
    expect(steps.map(({ skill, action }) => [skill?.id ?? null, action])).toEqual([
      ["generated:word-count", "word-count"],
      ["generated:word-count", "filesystem.read-file workspace:data/a.txt"],
      ["generated:word-count", "filesystem.write-file workspace:out/copy.txt"],
    ]);
  });
  it("is asked about its writes where the approval was for once, and not where it was for the session", async () => {
    for (const scope of ["once", "session"] as const) {
      let asked = 0;
      const engine = await open({
        person(request) {
          asked++;
          return Promise.resolve({ kind: "allowed", scope, subject: request.digest, only: null });
        },
      });
      const source = "function run() { host.filesystem.writeFile('out/a.txt', 'x'); return 1; }";
      await engine.call("generate_tool", tool({ source, permissions: { "fs.write": "workspace:out/**" } }));
      expect(asked).toBe(1);
      expect((await engine.call("word-count", {})).ok).toBe(true);
      expect(asked).toBe(scope === "once" ? 2 : 1);
    }
  });
  it("is off after three failures in a row, and on after a rollback", async () => {
    const engine = await open();
    const source = "function run({ go }) { if (go) for (;;) {} return 1; }";
    await engine.call("generate_tool", tool({ source, permissions: { limits: "wall-ms=300" } }));
    for (let n = 0; n < 3; n++) {
      expect((await engine.call("word-count", { go: true })).error?.code).toMatch(/^LIMIT_(?:FUEL|TIME)$/);
    }
    expect((await engine.call("word-count", {})).error?.code).toBe("TOOL_DISABLED");
    expect(engine.events).toContainEqual(expect.objectContaining({ type: "notice", code: "TOOL_DISABLED" }));
    expect((await recordOf(engine)).filter(({ event }) => event === "tool.change").map(({ reason }) => reason)).toEqual(
      [
        expect.stringMatching(/^registered: /),
        expect.stringMatching(/^disabled: /),
      ],
    );
  });
  it("does not run once a byte of it was changed", async () => {
    const engine = await open();
    await engine.call("generate_tool", WORD_COUNT);
    const file = join(engine.project, ".agentzero/skills/word-count/v1/tool.js");
    writeFileSync(file, `${readFileSync(file, "utf8")} `);
    const result = await engine.call("word-count", { text: "a" });
    expect(shown(result)).toMatchObject({ ok: false, code: "TOOL_DISABLED" });
  });
});

// Gives its input back; `body` comes first and may look at its bytes.
function wat(body = "", exported = "run"): string {
  return `(module
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 1024))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (global.get $next))
      (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8))))
      (local.get $at))
    (func (export "${exported}") (param $at i32) (param $length i32) (result i32)
      ${body}
      (i32.store8 (i32.const 16) (i32.const 0))
      (i32.store (i32.const 20) (local.get $at))
      (i32.store (i32.const 24) (local.get $length))
      (i32.const 16)))`;
}

describe("a tool in WebAssembly text", () => {
  it("is made, run, and checked like any other", async () => {
    const engine = await open({ policy: FREE, person: "nobody" });
    const echo = { language: "wat", examples: [{ input: { a: 1 }, output: { a: 1 } }] };
    expect((await engine.call("generate_tool", tool({ ...echo, source: wat() }))).error).toBeNull();
    expect((await engine.call("word-count", { text: "ü" })).output).toBe('{"text":"ü"}');
    const bad: readonly (readonly [string, string, string])[] = [
      ["(module", "TOOL_COMPILE", ""],
      [wat("", "main"), "TOOL_COMPILE", ""],
      [wat("(unreachable)"), "TOOL_EXAMPLE", "WASM_TRAP"],
      [wat("(loop $again (br $again))"), "TOOL_EXAMPLE", "LIMIT_"],
      [wat("(i32.store8 (local.get $at) (i32.const 65))"), "TOOL_EXAMPLE", "not JSON"],
    ];
    for (const [source, code, said] of bad) {
      const limits = { permissions: { limits: "wall-ms=500" } };
      const result = await engine.call("generate_tool", tool({ ...echo, ...limits, source }));
      expect([source, result.error?.code, result.trust]).toEqual([source, code, "guest"]);
      expect([source, result.error?.message]).toEqual([source, expect.stringContaining(said)]);
    }
    expect((await engine.call("word-count", { still: 1 })).output).toBe('{"still":1}');
  });
});

describe("two generations at once", () => {
  it("let the first one in; the second, which was shown another difference, changes nothing", async () => {
    const first = await open();
    const second = await open({
      beside: first,
      async person(request) {
        // While the question stands, the other session registers a version of its own.
        expect((await first.call("generate_tool", { ...WORD_COUNT, description: "The other one." })).ok).toBe(true);
        return { kind: "allowed", scope: "once", subject: request.digest, only: null };
      },
    });
    const late = await second.call("generate_tool", WORD_COUNT);
    expect(shown(late)).toMatchObject({ ok: false, code: "BUSY" });
    expect(toolFiles(first).filter((name) => /^v\d+$/.test(name))).toEqual(["v1"]);
    const listed = await second.call("word-count", { text: "a b" });
    expect(listed.output).toBe('{"words":2}');
    const again = await open({ beside: first });
    expect((await again.call("generate_tool", WORD_COUNT)).output).toContain("word-count@v2");
  });
});

describe("attempts", () => {
  it("are two a name and turn; then the model is told to stop", async () => {
    const bad = tool({ source: "function run() { return 2; }" });
    const other = { ...WORD_COUNT, name: "other-tool" };
    const engine = await open({
      script:
        [calling(bad), calling(bad), calling(WORD_COUNT), calling(other), "- { text: stop }\n", calling(WORD_COUNT)]
          .join("") + "- { text: end }\n",
    });
    await engine.submit("make a tool");
    expect(engine.results().map(({ error }) => error?.code ?? null)).toEqual([
      "TOOL_EXAMPLE",
      "TOOL_EXAMPLE",
      "TOOL_ATTEMPTS",
      null,
    ]);
    await engine.submit("once more");
    expect(engine.results().at(-1)?.error).toBeNull();
  });
});

function calling(args: unknown): string {
  return `- ${JSON.stringify({ calls: [{ tool: "generate_tool", args }] })}\n`;
}
