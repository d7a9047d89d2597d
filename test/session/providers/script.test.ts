import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemTimers } from "../../../cli/system/timers.ts";
import { createHttp } from "../../../session/http.ts";
import type { ModelMessage, OpenModel } from "../../../session/providers/model.ts";
import { openModel } from "../../../session/providers/open-model.ts";
import type { ScriptTurn } from "../../../session/providers/parse-script.ts";
import { loadScript } from "../../../session/providers/script.ts";
import { ask, collect, createModelIo } from "../../support/model-io.ts";

const http = createHttp({ timers: systemTimers });
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "az-script-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function script(turns: readonly ScriptTurn[], next?: number): Promise<OpenModel> {
  return openModel({ kind: "script", script: turns, ...(next === undefined ? {} : { next }) }, { http });
}

function result(plain: string): ModelMessage {
  return {
    role: "tool",
    results: [{ id: "c0", tool: "read", status: "ok", text: `<<az-data>>${plain}<<az-end>>`, plain }],
  };
}

describe("the scripted model", () => {
  it("plays one turn a call, then replies with nothing", async () => {
    const open = await script([{ text: "one", calls: [{ tool: "read", args: { path: "a" } }] }, { text: "two" }]);
    const io = await createModelIo();
    expect(await collect(open, ask("go"), io)).toMatchObject({
      text: "one",
      calls: [{ tool: "read", argsText: '{"path":"a"}' }],
      finish: { reason: "calls", usage: { input: 0, output: 0 } },
    });
    expect(await collect(open, ask("go"), io)).toMatchObject({ text: "two", calls: [], finish: { reason: "stop" } });
    expect(await collect(open, ask("go"), io)).toMatchObject({ text: "", calls: [], error: null });
    expect(open.position()).toBe(2);
    expect(io.admitted).toEqual([]);
    expect(io.outcomes).toHaveLength(3);
  });

  it("goes on where a resumed session stopped", async () => {
    const open = await script([{ text: "one" }, { text: "two" }], 1);
    expect((await collect(open, ask("go"), await createModelIo())).text).toBe("two");
  });

  it("puts the text of the last result in once, without its envelope, and never twice over", async () => {
    const open = await script([{
      text: "a ${last} b $${last} c $${ d ${other}",
      calls: [{ tool: "write", args: { path: "${last}", list: ["${last}", 1], "${last}": true } }],
    }]);
    const request = { ...ask("go"), messages: [...ask("go").messages, result("first"), result("$& ${last} $${last}")] };
    const reply = await collect(open, request, await createModelIo());
    expect(reply.text).toBe("a $& ${last} $${last} b ${last} c $${ d ${other}");
    expect(JSON.parse(reply.calls[0]?.argsText ?? "")).toEqual({
      path: "$& ${last} $${last}",
      list: ["$& ${last} $${last}", 1],
      "${last}": true,
    });
  });

  it("puts in nothing before there is a result", async () => {
    const open = await script([{ text: "[${last}]" }]);
    expect((await collect(open, ask("go"), await createModelIo())).text).toBe("[]");
  });

  it("does not blow up when a large result stands for many marks", async () => {
    const open = await script([{ text: "${last}".repeat(200) }]);
    const request = { ...ask("go"), messages: [result("x".repeat(49_152))] };
    expect((await collect(open, request, await createModelIo())).error).toMatchObject({
      code: "PROVIDER_STREAM",
      message: expect.stringContaining("Cannot play script"),
    });
  });

  it("plays ten thousand turns", async () => {
    const open = await script(Array.from({ length: 10_000 }, (_, index) => ({ text: String(index) })));
    const io = await createModelIo();
    let last = "";
    for (let index = 0; index < 10_000; index++) last = (await collect(open, ask("go"), io)).text;
    expect(last).toBe("9999");
  });
});

describe("loadScript()", () => {
  it("reads a file", async () => {
    await writeFile(join(folder, "t.yml"), "- text: hello\n");
    expect(await loadScript(join(folder, "t.yml"))).toEqual([{ text: "hello" }]);
  });

  it("says that there is no such file", async () => {
    await expect(loadScript(join(folder, "none.yml"))).rejects.toMatchObject({
      code: "SCRIPT_NOT_FOUND",
      message: 'Cannot load script "none.yml": there is no such readable file',
    });
  });

  it("refuses folders, pipes, large files and bytes that are not text", async () => {
    await writeFile(join(folder, "big.yml"), Buffer.alloc(1_048_577, 0x20));
    await writeFile(join(folder, "bytes.yml"), Buffer.from([0x2d, 0x20, 0xff, 0xfe]));
    execFileSync("mkfifo", [join(folder, "pipe.yml")]);
    for (const name of [".", "big.yml", "bytes.yml", "pipe.yml"]) {
      await expect(loadScript(join(folder, name))).rejects.toMatchObject({ code: "SCRIPT_INVALID" });
    }
  });
});
