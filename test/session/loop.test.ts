import { existsSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SessionEvent } from "../../session/mod.ts";
import { type Engine, type EngineOptions, openEngine } from "../support/engine.ts";
import {
  type ModelHandler,
  openAiEvents,
  sendEvents,
  startModelServer,
  type WireReply,
} from "../support/model-server.ts";

/** A script of one turn after the other. */
function script(...turns: readonly unknown[]): string {
  return turns.map((turn) => `- ${JSON.stringify(turn)}\n`).join("");
}

function read(path: string): { tool: string; args: unknown } {
  return { tool: "read", args: { path } };
}

/** An engine whose model is a server that answers as told. */
async function serve(
  handler: ModelHandler,
  options: EngineOptions & { limits?: Record<string, unknown> } = {},
): Promise<Engine> {
  const server = await startModelServer(handler);
  onTestFinished(() => server.close());
  return await openEngine({
    ...options,
    config: {
      model: "lab/m",
      providers: { lab: { kind: "openai-compatible", url: server.url } },
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    },
  });
}

function reply(response: ServerResponse, wire: WireReply): Promise<void> {
  return sendEvents(response, openAiEvents(wire));
}

/** The last event of a prompt, and that there is exactly one of its kind. */
function onlyResult(engine: Engine): Extract<SessionEvent, { type: "result" }> {
  const results = engine.events.filter((event) => event.type === "result");
  expect(results).toHaveLength(1);
  expect(engine.events.at(-1)).toBe(results[0]);
  const [only] = results;
  if (only === undefined) throw new Error("no result");
  return only;
}

function notices(engine: Engine): readonly string[] {
  return engine.events.flatMap((event) => event.type === "notice" ? [event.code] : []);
}

function kinds(engine: Engine): readonly string[] {
  return engine.events.map(({ type }) => type);
}

describe("runPrompt()", () => {
  it("ends well when a reply has no calls, with the events of each step in their order", async () => {
    const engine = await openEngine({ script: script({ text: "look", calls: [read("README.md")] }, { text: "done" }) });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({
      ok: true,
      stop: "end",
      exit: 0,
      text: "done",
      turns: 2,
      calls: 1,
      denied: 0,
    });
    expect(kinds(engine)).toEqual([
      "init",
      "text",
      "usage",
      "tool_call",
      "decision",
      "tool_result",
      "text",
      "usage",
      "result",
    ]);
  });

  it("announces the decision before anything happens", async () => {
    let before = true;
    const engine = await openEngine({
      person: "yes",
      script: script({ calls: [{ tool: "write", args: { path: "a.txt", content: "x" } }] }),
      onEvent(event) {
        if (event.type === "decision") before = existsSync(join(engine.project, "a.txt"));
      },
    });
    await engine.submit("go");
    expect(before).toBe(false);
    expect(existsSync(join(engine.project, "a.txt"))).toBe(true);
  });

  it("ends with 5 when a call was denied on the way, and tells the model rule and reason", async () => {
    const bodies: string[] = [];
    const engine = await serve(async (request, response) => {
      bodies.push(request.body);
      await reply(
        response,
        bodies.length === 1 ? { calls: [{ name: "read", args: '{"path":".env"}' }] } : { text: "ok" },
      );
    }, { files: { ".env": "A=1" } });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ ok: false, stop: "end", exit: 5, denied: 1 });
    expect(bodies[1]).toContain('denied by rule \\"no-secret-files\\" (project)');
    expect(bodies[1]).toContain("secrets are used through vault handles");
  });

  it("shows several calls of one reply as a plan, and gives their results in call order", async () => {
    const engine = await openEngine({
      files: { "b.txt": "b", "c.txt": "c" },
      script: script({
        calls: [read("b.txt"), read("c.txt"), { tool: "shell", args: { command: "echo d" } }, read("b.txt")],
      }),
    });
    await engine.submit("go");
    const plan = engine.events.find((event) => event.type === "plan");
    const results = engine.results();
    expect(results.map(({ output }) => output)).toEqual(["b", "c", "d\n", "b"]);
    expect(plan?.entries.map(({ call }) => call)).toEqual(results.map(({ call }) => call));
    // What reads runs together; anything else runs alone.
    const order = engine.events.flatMap((event) =>
      event.type === "tool_call" || event.type === "tool_result" ? [`${event.type} ${event.tool}`] : []
    );
    const shell = order.indexOf("tool_call shell");
    expect(order.slice(0, shell).filter((one) => one.startsWith("tool_result"))).toHaveLength(2);
    expect(order.slice(shell)).toEqual([
      "tool_call shell",
      "tool_result shell",
      "tool_call read",
      "tool_result read",
    ]);
  });

  it("reads at most four files at a time, and the same file one time after the other", async () => {
    const names = Array.from({ length: 10 }, (_, at) => `f${at}.txt`);
    const engine = await openEngine({
      files: Object.fromEntries(names.map((name) => [name, name])),
      script: script({ calls: [...names.map(read), read("f0.txt"), read("f0.txt")] }),
    });
    await engine.submit("go");
    expect(engine.results().map(({ output }) => output)).toEqual([...names, "f0.txt", "f0.txt"]);
    let open = 0;
    const together = engine.events.flatMap(({ type }) => {
      if (type === "tool_call") return [++open];
      if (type === "tool_result") open--;
      return [];
    });
    expect(together).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 1]);
  });
});

describe("limits of a prompt", () => {
  it("stops after the model calls that are allowed", async () => {
    const engine = await openEngine({
      config: { limits: { turns: 3 } },
      script: script(...Array.from({ length: 9 }, (_, n) => ({ calls: [read(`missing-${n}`)] }))),
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "max_turns", exit: 3, turns: 3, calls: 3 });
  });

  it("stops when the tokens are used up", async () => {
    let turn = 0;
    const engine = await serve(
      (_, response) =>
        reply(response, { calls: [{ name: "list", args: `{"depth":${++turn}}` }], usage: { input: 400, output: 100 } }),
      { limits: { tokens: 1000 } },
    );
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({
      stop: "max_tokens",
      exit: 3,
      turns: 2,
      usage: { input: 800, output: 200 },
    });
    expect(notices(engine)).toEqual(["LIMIT_TOKENS"]);
  });

  it("tells a reply that its server cut from a limit of ours", async () => {
    const engine = await serve((_, response) => reply(response, { text: "half", finish: "length" }));
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "max_tokens", exit: 3, text: "half", turns: 1 });
    expect(notices(engine)).toEqual(["REPLY_CUT"]);
  });

  it("stops when the time is over, and ends the command that used it", async () => {
    const engine = await openEngine({
      config: { limits: { wall: "4s" } },
      script: script({ calls: [{ tool: "shell", args: { command: "sleep 60" } }, read("README.md")] }, { text: "no" }),
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "time", exit: 3, turns: 1, calls: 1 });
    expect(engine.results()).toHaveLength(1);
    expect(engine.results()[0]).toMatchObject({
      ok: false,
      exit: null,
      error: { code: "LIMIT_TIME", hint: expect.stringContaining("limits.wall") },
    });
  });

  it("does not count the time that a person takes to answer", async () => {
    const engine = await openEngine({
      config: { limits: { wall: "4s" } },
      person: (request) =>
        new Promise((resolve) => {
          setTimeout(
            () => resolve({ kind: "allowed", scope: "once", subject: request.digest, only: null }),
            4300,
          );
        }),
      script: script({ calls: [{ tool: "write", args: { path: "a.txt", content: "x" } }] }, { text: "done" }),
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "end", exit: 0, text: "done" });
  });

  it("stops after ten denied calls in a row, also within one reply", async () => {
    const denied = { tool: "read", args: { path: "/etc/passwd" } };
    const many = Array.from({ length: 15 }, (_, n) => ({ ...denied, args: { path: `/etc/no-${n}` } }));
    const engine = await openEngine({ script: script({ calls: many }, { text: "never" }) });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "denied", exit: 5, calls: 10, denied: 10, turns: 1 });

    const mixed = await openEngine({
      script: script({ calls: many.slice(0, 9) }, { calls: [read("README.md")] }, { calls: many.slice(9) }, {}),
    });
    await mixed.submit("go");
    expect(onlyResult(mixed)).toMatchObject({ stop: "end", exit: 5, denied: 15 });
  });

  it("records calls beyond those of one reply as denied, and runs none of them", async () => {
    const calls = Array.from({ length: 35 }, (_, n) => read(`f-${n}.txt`));
    const files = Object.fromEntries(calls.map((_, n) => [`f-${n}.txt`, `${n}`]));
    const engine = await openEngine({ files, script: script({ calls }, { text: "done" }) });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "end", exit: 5, calls: 35, denied: 3 });
    const results = engine.results();
    expect(results.filter(({ ok }) => ok)).toHaveLength(32);
    for (const result of results.slice(32)) {
      expect(result).toMatchObject({ decision: "deny", output: null, error: { code: "LIMIT_CALLS" } });
      expect(result.audit).toMatchObject({ intent: expect.any(Number), result: null });
    }
  });

  it("does not run the same call a fourth time and stops after the fifth", async () => {
    const engine = await openEngine({
      script: script(...Array.from({ length: 8 }, () => ({ calls: [read("README.md")] }))),
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "loop", exit: 3, calls: 5, denied: 2, turns: 5 });
    expect(engine.results().map(({ ok }) => ok)).toEqual([true, true, true, false, false]);
    // What was not run is on record as denied.
    for (const result of engine.results().slice(3)) {
      expect(result).toMatchObject({ decision: "deny", output: null, error: { code: "LIMIT_REPEAT" } });
      expect(result.audit).toMatchObject({ intent: expect.any(Number), result: null });
    }
    expect(engine.events.filter((event) => event.type === "notice")).toHaveLength(2);
  });

  it("lets the same call run again when its result is another", async () => {
    const engine = await openEngine({
      script: script(
        ...Array.from({ length: 6 }, () => ({ calls: [{ tool: "shell", args: { command: "date +%N" } }] })),
      ),
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "end", exit: 0, calls: 6 });
  });

  it("refuses a prompt that is too large without asking anybody", async () => {
    const engine = await openEngine({ script: script({ text: "no" }) });
    await engine.submit("x".repeat(1024 * 1024 + 1));
    expect(onlyResult(engine)).toMatchObject({ stop: "refused", exit: 1, turns: 0 });
    expect(engine.events.at(-2)).toMatchObject({ type: "error", code: "LIMIT_SIZE" });
  });

  it("takes arguments that are no JSON, nested without end or far too large for what they are", async () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    const engine = await serve(async (request, response) => {
      const first = !request.body.includes('"role":"tool"');
      await reply(
        response,
        first
          ? {
            calls: [
              { name: "read", args: '{"path": "README' },
              { name: "read", args: deep },
              { name: "write", args: JSON.stringify({ path: "a", content: "x".repeat(1024 * 1024) }) },
              { name: "no such tool ".repeat(40), args: "{}" },
            ],
          }
          : { text: "done" },
      );
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "end", exit: 5, calls: 4, denied: 4 });
    expect(engine.results().map(({ error }) => error?.code)).toEqual([
      "ARGS_INVALID",
      "ARGS_INVALID",
      "ARGS_INVALID",
      "TOOL_UNKNOWN",
    ]);
    expect(engine.results().every(({ audit }) => audit.intent !== null)).toBe(true);
  });

  it("bounds what a model reads of one call, however much the command changed", async () => {
    let second = "";
    const engine = await serve(async (request, response) => {
      if (request.body.includes('"role":"tool"')) second = request.body;
      await reply(
        response,
        second === ""
          ? {
            calls: [{
              name: "shell",
              args: JSON.stringify({
                command: `cd /tmp; seq 200000; cd -; for i in $(seq 700); do echo $i > "$i-${"n".repeat(150)}"; done`,
              }),
            }],
          }
          : { text: "done" },
      );
    });
    await engine.submit("go");
    expect(engine.results()[0]).toMatchObject({ truncated: true, exit: 0 });
    expect(engine.results()[0]?.changes?.length).toBe(700);
    expect(second.length).toBeLessThan(100_000);
    expect(second).toContain("more changes");
  });
});

describe("failures of the provider", () => {
  it("end with 6 when nobody listens", async () => {
    const engine = await openEngine({
      config: { model: "lab/m", providers: { lab: { kind: "openai-compatible", url: "http://127.0.0.1:9/v1" } } },
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "provider", exit: 6, calls: 0 });
  });

  it("run nothing of a reply that broke off, and show what was said so far", async () => {
    const engine = await serve((_, response) => {
      const events = openAiEvents({
        text: "I will write it now",
        calls: [{ name: "write", args: '{"path":"a.txt","content":"x"}' }],
      });
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(events.slice(0, events.indexOf("data: [DONE]") - 150), () => response.destroy());
    }, { person: "yes" });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "provider", exit: 6, calls: 0 });
    const text = engine.events.flatMap((event) => (event.type === "text" ? [event.text] : [])).join("");
    expect(text).toBe("I will write it now");
    expect(existsSync(join(engine.project, "a.txt"))).toBe(false);
  });

  it.each([[0, 1], [1, 5]])("end with the model's own refusal after %i denials as %i", async (denials, exit) => {
    let left = denials;
    const engine = await serve((_, response) =>
      reply(
        response,
        left-- > 0
          ? { calls: [{ name: "read", args: '{"path":"/etc/passwd"}' }] }
          : { text: "I will not", finish: "content_filter" },
      )
    );
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "refused", exit, text: "I will not" });
  });

  it("end as denied when no rule allows the model", async () => {
    const engine = await serve((_, response) => reply(response, { text: "x" }), {
      policy: "version: 2\nrules:\n  - { id: r, effect: allow, capability: file_read, paths: ['${project}/**'] }\n",
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "denied", exit: 5, turns: 1 });
    expect(engine.events.at(-2)).toMatchObject({ type: "error", code: "MODEL_DENIED" });
  });

  it("leave the session usable", async () => {
    let fail = true;
    const engine = await serve((_, response) => {
      if (!fail) return reply(response, { text: "back" });
      response.writeHead(400, { "content-type": "application/json" });
      return void response.end("{}");
    });
    expect(await engine.submit("one")).toMatchObject({ stop: "provider", exit: 6 });
    fail = false;
    expect(await engine.submit("two")).toMatchObject({ stop: "end", exit: 0, text: "back" });
  });

  it("show a thought that holds a value as masked, also when it comes in pieces", async () => {
    const value = "fake-value-0123456789";
    const engine = await serve((_, response) => reply(response, { thought: `so ${value} is it`, text: `ok ${value}` }));
    engine.composed.redactor.add({ bytes: new TextEncoder().encode(value), handle: null, class: "secret" });
    await engine.submit("go");
    expect(kinds(engine)).toContain("thought");
    expect(JSON.stringify(engine.events)).not.toMatch(/fake-val|0123456789/u);
  });
});

describe("cancel", () => {
  it("in the stream drops the reply and runs nothing of it", async () => {
    const cancel = new AbortController();
    const engine = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const events = openAiEvents({
        text: `I will write ${"it ".repeat(200)}`,
        calls: [{ name: "write", args: '{"path":"a.txt","content":"x"}' }],
      });
      response.write(events.slice(0, events.indexOf("tool_calls")));
    }, {
      person: "yes",
      onEvent: (event) => event.type === "text" && cancel.abort(),
    });
    await engine.submit("go", { signal: cancel.signal });
    expect(onlyResult(engine)).toMatchObject({ stop: "cancelled", exit: 130, calls: 0 });
    expect(existsSync(join(engine.project, "a.txt"))).toBe(false);
  });

  it("in the stream leaves what was seen of the reply, marked, so that the model knows and roles take turns", async () => {
    const bodies: { readonly messages: readonly { readonly role: string; readonly content: string }[] }[] = [];
    const engine = await serve((request, response) => {
      bodies.push(JSON.parse(request.body));
      if (bodies.length > 1) return reply(response, { text: "so?" });
      response.writeHead(200, { "content-type": "text/event-stream" });
      const events = openAiEvents({ text: "the first half and the second", finish: null });
      response.write(events.replace("data: [DONE]\n\n", ""));
      return undefined;
    }, {
      onEvent: (event) => void (event.type === "text" && bodies.length === 1 && engine.composed.session.cancel()),
    });
    await engine.submit("go");
    expect(await engine.submit("and now?")).toMatchObject({ stop: "end" });
    const said = bodies[1]?.messages.slice(1) ?? [];
    expect(said.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(said[1]?.content).toMatch(/^the first half?[^]*\n\[the person interrupted\]$/u);
  });

  it("says of a reply whose connection was cut that it broke off", async () => {
    const bodies: string[] = [];
    const engine = await serve((request, response) => {
      bodies.push(request.body);
      if (bodies.length > 1) return reply(response, { text: "again" });
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(openAiEvents({ text: "half a word", finish: null }).replace("data: [DONE]\n\n", ""));
      return response.end();
    });
    expect(await engine.submit("go")).toMatchObject({ stop: "provider", exit: 6 });
    await engine.submit("once more");
    expect(bodies[1]).toContain("half a word\\n[the reply broke off]");
  });

  it("in a command ends it, starts no other, and the session lives on", async () => {
    const engine = await openEngine({
      script: script(
        { calls: [{ tool: "shell", args: { command: "echo started; sleep 60; echo x > late" } }, read("README.md")] },
        { text: "next" },
      ),
      onEvent: (event) => event.type === "tool_output" && engine.composed.session.cancel(),
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "cancelled", exit: 130, calls: 1 });
    expect(engine.results()).toEqual([expect.objectContaining({ ok: false, exit: null })]);
    expect(existsSync(join(engine.project, "late"))).toBe(false);
    expect(await engine.submit("again")).toMatchObject({ stop: "end", text: "next" });
  });

  it("at a question denies it, although the answer comes later", async () => {
    const engine = await openEngine({
      person: (request, signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () =>
            resolve({ kind: "allowed", scope: "once", subject: request.digest, only: null }));
          engine.composed.session.cancel();
        }),
      script: script({ calls: [{ tool: "write", args: { path: "a.txt", content: "x" } }] }),
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "cancelled", exit: 130 });
    expect(engine.results()[0]).toMatchObject({ ok: false, approved: "no", error: { code: "CANCELLED" } });
    expect(existsSync(join(engine.project, "a.txt"))).toBe(false);
  });

  it("before the start asks no model", async () => {
    const engine = await openEngine({ script: script({ text: "no" }) });
    await engine.submit("go", { signal: AbortSignal.abort() });
    expect(onlyResult(engine)).toMatchObject({ stop: "cancelled", exit: 130, turns: 0 });
  });

  it("by closing ends every prompt that waits, each with a result", async () => {
    const engine = await openEngine({
      script: script({ calls: [{ tool: "shell", args: { command: "sleep 60" } }] }),
      onEvent: (event) => void (event.type === "decision" && engine.close()),
    });
    const ends = await Promise.all([
      engine.composed.session.submit({ text: "a", data: [] }),
      engine.composed.session.submit({ text: "b", data: [] }),
    ]);
    expect(ends.map(({ stop }) => stop)).toEqual(["cancelled", "cancelled"]);
    expect(engine.events.filter((event) => event.type === "result").map(({ exit }) => exit)).toEqual([130, 130]);
  });

  it("by a front door that breaks ends the prompt, and what was done is on record", async () => {
    const engine = await openEngine({
      script: script({ calls: [read("README.md")] }, { calls: [{ tool: "shell", args: { command: "ls" } }] }, {
        text: "no",
      }),
      onEvent: (event) => {
        if (event.type === "tool_result") throw new Error("the window is gone");
      },
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "cancelled", exit: 130, calls: 1 });
    expect(engine.composed.audit.failed).toBe(false);
  });
});

describe("a record that breaks", () => {
  it("ends the prompt as a question of integrity, whatever else applies", async () => {
    const engine = await openEngine({
      person: "yes",
      script: script({ calls: [read("README.md")] }, {
        calls: [{ tool: "write", args: { path: "a.txt", content: "x" } }],
      }),
      onEvent: (event) => void (event.type === "tool_result" && engine.composed.audit.close("ok")),
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "integrity", exit: 7 });
    expect(existsSync(join(engine.project, "a.txt"))).toBe(false);
  });

  it("runs no further call of the same reply", async () => {
    const engine = await openEngine({
      person: "yes",
      script: script({
        calls: [read("README.md"), { tool: "write", args: { path: "a.txt", content: "x" } }, read("README.md")],
      }),
      onEvent: (event) => void (event.type === "tool_result" && engine.composed.audit.close("ok")),
    });
    await engine.submit("go");
    expect(onlyResult(engine)).toMatchObject({ stop: "integrity", exit: 7, calls: 2 });
    expect(engine.results().map(({ error }) => error?.code ?? null)).toEqual([null, "AUDIT_UNWRITABLE"]);
    writeFileSync(join(engine.project, "b.txt"), "");
    expect(existsSync(join(engine.project, "a.txt"))).toBe(false);
  });
});
