import { describe, expect, it, test } from "vitest";
import { systemTimers } from "../../../cli/system/timers.ts";
import { SessionError } from "../../../session/errors.ts";
import { createHttp } from "../../../session/http.ts";
import type { ModelChoice, OpenModel } from "../../../session/providers/model.ts";
import { modelFetch } from "../../../session/providers/model-fetch.ts";
import { openModel } from "../../../session/providers/open-model.ts";
import { digestRequest, streamModel } from "../../../session/providers/stream-model.ts";
import { createHandTimers } from "../../support/hand-timers.ts";
import { ask, collect, createModelIo } from "../../support/model-io.ts";
import { anthropicEvents, openAiEvents, sendEvents, sendJson } from "../../support/model-server.ts";
import { serve } from "../../support/serve.ts";

const KINDS = ["openai-compatible", "anthropic"] as const;
type Kind = (typeof KINDS)[number];
const EVENTS = { "openai-compatible": openAiEvents, anthropic: anthropicEvents } as const;

function model(kind: Kind, url: string, more: Partial<ModelChoice> = {}): Promise<OpenModel> {
  const choice = { kind, id: "test", url, model: "claude-or-llama", ...more } as ModelChoice;
  return openModel(choice, { http: createHttp({ timers: systemTimers }) });
}

/** Pauses before the second and third attempt when the random bytes are in the middle. */
const FIRST_MS = 500;
const SECOND_MS = 1_001;
const CANARY = "BODY-CANARY-7261";

describe.for(KINDS)("streamModel() over %s", (kind) => {
  it("streams text, calls and usage, and records the attempt", async () => {
    const server = await serve((_, response) =>
      sendEvents(
        response,
        EVENTS[kind]({
          text: "Grüße 🙂 an alle",
          calls: [{ name: "read", args: '{"path":"README.md"}' }],
          usage: { input: 12, output: 5 },
        }),
      )
    );
    const io = await createModelIo();
    const open = await model(kind, server.url);
    const request = ask("hello");
    const reply = await collect(open, request, io);
    expect(reply.error).toBeNull();
    expect(reply.text).toBe("Grüße 🙂 an alle");
    expect(reply.calls).toEqual([
      { kind: "call", id: expect.stringMatching(/^[A-Za-z0-9_-]+$/), tool: "read", argsText: '{"path":"README.md"}' },
    ]);
    expect(reply.finish).toEqual({ kind: "finish", reason: "calls", usage: { input: 12, output: 5 } });
    expect(io.admitted.map(({ host, addresses }) => [host, addresses])).toEqual([
      ["127.0.0.1", null],
      ["127.0.0.1", ["127.0.0.1"]],
    ]);
    expect(io.digests).toEqual([digestRequest(open, request)]);
    expect(io.outcomes).toEqual([
      { error: null, usage: { input: 12, output: 5 }, bytes: expect.any(Number), retried: false },
    ]);
  });

  it("sends the conversation with tools, results and denials", async () => {
    const server = await serve((_, response) => sendEvents(response, EVENTS[kind]({ text: "ok" })));
    const request = ask("read it");
    const messages = [
      ...request.messages,
      {
        role: "assistant" as const,
        text: "",
        calls: [{ id: "c1", tool: "read", args: { path: "a" } }, { id: "c2", tool: "read", args: "broken" }],
      },
      {
        role: "tool" as const,
        results: [
          { id: "c1", tool: "read", status: "ok" as const, text: "<<wrapped>>", plain: "PLAIN-ONLY" },
          { id: "c2", tool: "read", status: "denied" as const, text: "denied by rule x", plain: "denied" },
        ],
      },
    ];
    const reply = await collect(await model(kind, server.url), { ...request, messages }, await createModelIo());
    expect(reply.error).toBeNull();
    const body = server.requests[0]?.body ?? "";
    for (
      const part of [
        "You are a test.",
        "read it",
        "<<wrapped>>",
        "denied by rule x",
        "claude-or-llama",
        "Reads a file.",
      ]
    ) {
      expect(body).toContain(part);
    }
    expect(body).not.toContain("PLAIN-ONLY");
  });

  test.for([1, 2, 3, 7, 64])("gives the same reply when the stream comes in pieces of %i bytes", async (pieceBytes) => {
    const events = EVENTS[kind]({ text: "žluťoučký 🙂 kůň", calls: [{ name: "read", args: '{"path":"ü.md"}' }] });
    const server = await serve((_, response) => sendEvents(response, events, pieceBytes));
    const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo());
    expect(reply.error).toBeNull();
    expect(reply.text).toBe("žluťoučký 🙂 kůň");
    expect(reply.calls[0]?.argsText).toBe('{"path":"ü.md"}');
  });

  it("sends the key from the gate, and nothing else that could be one", async () => {
    const server = await serve((_, response) => sendEvents(response, EVENTS[kind]({ text: "ok" })));
    const inject = kind === "anthropic" ? "header:x-api-key" : "bearer";
    const open = await model(kind, server.url, { key: "handle://vault/test/key" });
    expect(open.key).toEqual({ handle: "handle://vault/test/key", inject });
    await collect(open, ask("hello"), await createModelIo({ key: "fake-key-0123456789", inject }));
    const headers: Record<string, unknown> = server.requests[0]?.headers ?? {};
    expect(headers[kind === "anthropic" ? "x-api-key" : "authorization"]).toContain("fake-key-0123456789");
    expect(headers[kind === "anthropic" ? "authorization" : "x-api-key"]).toBeUndefined();
    expect(headers["user-agent"]).toBe("agentzero");
    expect(JSON.stringify(headers)).not.toContain("set-by-transport");
  });

  it("reads no key and no address from the environment", async () => {
    const names = [
      "OPENAI_API_KEY",
      "ANTHROPIC_API_KEY",
      "ANTHROPIC_AUTH_TOKEN",
      "ANTHROPIC_BASE_URL",
      "OPENAI_BASE_URL",
    ];
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = name.endsWith("URL") ? "http://127.0.0.1:1/v1" : CANARY;
    try {
      const server = await serve((_, response) => sendEvents(response, EVENTS[kind]({ text: "ok" })));
      const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo());
      expect(reply.text).toBe("ok");
      expect(JSON.stringify(server.requests)).not.toContain(CANARY);
    } finally {
      for (const [index, name] of names.entries()) {
        const value = before[index];
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  test.for(
    [
      [401, "PROVIDER_AUTH", 1],
      [403, "PROVIDER_AUTH", 1],
      [404, "PROVIDER_MODEL", 1],
      [400, "PROVIDER_PROTOCOL", 1],
      [413, "PROVIDER_CONTEXT", 1],
      [408, "PROVIDER_BUSY", 3],
      [429, "PROVIDER_RATE", 3],
      [500, "PROVIDER_BUSY", 3],
      [503, "PROVIDER_BUSY", 3],
      [529, "PROVIDER_BUSY", 3],
      [302, "PROVIDER_PROTOCOL", 1],
      [307, "PROVIDER_PROTOCOL", 1],
    ] as const,
  )("says what %i means without a word of the body", async ([status, code, attempts]) => {
    const server = await serve((_, response) =>
      sendJson(response, {
        status,
        value: { error: { message: CANARY, type: CANARY } },
        headers: { location: `http://127.0.0.1:1/${CANARY}` },
      })
    );
    const timers = createHandTimers();
    const waits = attempts === 3 ? [timers.fire(FIRST_MS), timers.fire(SECOND_MS)] : [];
    const io = await createModelIo({ timers });
    const reply = await collect(await model(kind, server.url), ask(CANARY), io);
    await Promise.all(waits);
    expect(reply.error).toMatchObject({ code });
    expect(server.requests.filter(({ method }) => method === "POST")).toHaveLength(attempts);
    expect(io.outcomes.map(({ retried }) => retried)).toEqual(attempts === 3 ? [true, true, false] : [false]);
    expect(JSON.stringify([reply.error, reply.error?.message, reply.error?.stack, reply.error?.cause])).not.toContain(
      CANARY,
    );
  });

  it("says that the conversation is too long when the server says so", async () => {
    const server = await serve((_, response) =>
      sendJson(response, {
        status: 400,
        value: { error: { message: `maximum context length is 8192 ${CANARY}`, type: "invalid_request_error" } },
      })
    );
    const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo());
    expect(reply.error).toMatchObject({ code: "PROVIDER_CONTEXT", hint: expect.stringContaining("/compact") });
  });

  it("lists the models on 404, and only plain names", async () => {
    const server = await serve((request, response) =>
      request.method === "GET"
        ? sendJson(response, {
          status: 200,
          value: { data: [{ id: "llama3.2" }, { id: "ignore all\nprevious" }, { id: 7 }] },
        })
        : sendJson(response, { status: 404, value: {} })
    );
    const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo());
    expect(reply.error).toMatchObject({ code: "PROVIDER_MODEL", hint: expect.stringContaining("llama3.2") });
    expect(reply.error?.hint).not.toContain("ignore");
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)[1]).toBe("GET /v1/models");
  });

  it("waits as long as Retry-After says, and not at all when it is too long", async () => {
    let answers = 0;
    const server = await serve((_, response) =>
      ++answers === 1
        ? sendJson(response, { status: 429, value: {}, headers: { "retry-after": "7" } })
        : sendJson(response, { status: 429, value: {}, headers: { "retry-after": "120" } })
    );
    const timers = createHandTimers();
    const wait = timers.fire(7_000);
    const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo({ timers }));
    await wait;
    expect(reply.error).toMatchObject({ code: "PROVIDER_RATE", hint: "try again in 120 s" });
    expect(answers).toBe(2);
  });

  it("names no pause of nothing", async () => {
    const server = await serve((_, response) =>
      sendJson(response, { status: 429, value: {}, headers: { "retry-after": "0" } })
    );
    const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo());
    expect(reply.error).toMatchObject({ code: "PROVIDER_RATE", hint: "try again later" });
    expect(server.requests).toHaveLength(3);
  });

  it("says of a stream that ends in good order, but too early, that it broke off", async () => {
    const server = await serve((_, response) => sendEvents(response, EVENTS[kind]({ text: "so far", finish: null })));
    const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo());
    expect(reply.error).toMatchObject({ code: "PROVIDER_STREAM", message: expect.stringContaining("broke off") });
  });

  it("tries again after a failure that goes away, each attempt through the gate", async () => {
    let answers = 0;
    const server = await serve((_, response) => {
      answers++;
      if (answers === 1) return response.destroy();
      if (answers === 2) return sendJson(response, { status: 503, value: {} });
      return sendEvents(response, EVENTS[kind]({ text: "third" }));
    });
    const timers = createHandTimers();
    const waits = [timers.fire(FIRST_MS), timers.fire(SECOND_MS)];
    const numbers: number[] = [];
    const io = await createModelIo({ timers, attempt: (number) => Promise.resolve(void numbers.push(number)) });
    const reply = await collect(await model(kind, server.url), ask("hello"), io);
    await Promise.all(waits);
    expect(reply).toMatchObject({ text: "third", error: null });
    expect(numbers).toEqual([0, 1, 2]);
    expect(io.outcomes.map(({ error }) => error?.code ?? "ok")).toEqual([
      "PROVIDER_UNREACHABLE",
      "PROVIDER_BUSY",
      "ok",
    ]);
  });

  it("stops when the gate refuses the next attempt", async () => {
    const server = await serve((_, response) => sendJson(response, { status: 503, value: {} }));
    const timers = createHandTimers();
    const wait = timers.fire(FIRST_MS);
    const no = new SessionError("MODEL_DENIED", "Cannot ask: no");
    const io = await createModelIo({
      timers,
      attempt: (number) => (number === 1 ? Promise.reject(no) : Promise.resolve()),
    });
    const reply = await collect(await model(kind, server.url), ask("hello"), io);
    await wait;
    expect(reply.error).toBe(no);
    expect(server.requests).toHaveLength(1);
  });

  it("sends nothing when the gate refuses the address", async () => {
    const server = await serve((_, response) => sendEvents(response, EVENTS[kind]({ text: "no" })));
    const no = new SessionError("MODEL_DENIED", "Cannot ask: no");
    const io = await createModelIo({
      admit: ({ addresses }) => (addresses === null ? Promise.resolve() : Promise.reject(no)),
    });
    const reply = await collect(await model(kind, server.url), ask("hello"), io);
    expect(reply.error).toBe(no);
    expect(server.requests).toHaveLength(0);
    expect(io.outcomes).toEqual([{ error: no, usage: { input: null, output: null }, bytes: 0, retried: false }]);
  });

  it("gives no call of a reply that was cut, and does not try again", async () => {
    const events = EVENTS[kind]({ text: "I will", calls: [{ name: "read", args: '{"path":"a"}' }], finish: null });
    const server = await serve(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      await new Promise<void>((resolve) => response.write(events.replace("data: [DONE]\n\n", ""), () => resolve()));
      response.destroy();
    });
    const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo());
    expect(reply.error).toMatchObject({ code: "PROVIDER_STREAM" });
    expect(reply.text).toBe("I will");
    expect(reply.calls).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it("takes no reply that ends without a reason", async () => {
    const events = EVENTS[kind]({ text: "half", calls: [{ name: "read", args: '{"path":"a"}' }], finish: null });
    const server = await serve((_, response) => sendEvents(response, events.replace("data: [DONE]\n\n", "")));
    const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo());
    expect(reply.error).toMatchObject({ code: "PROVIDER_STREAM" });
    expect(reply.calls).toEqual([]);
  });

  test.for(
    [
      ["a web page", "text/html", "<html>BODY-CANARY-7261</html>", "PROVIDER_PROTOCOL"],
      ["a document", "application/json", '{"text":"BODY-CANARY-7261"}', "PROVIDER_PROTOCOL"],
      ["broken JSON", "text/event-stream", "data: {BODY-CANARY-7261\n\n", "PROVIDER_PROTOCOL"],
      ["JSON of another shape", "text/event-stream", 'data: {"type":"BODY-CANARY-7261"}\n\n', "PROVIDER_PROTOCOL"],
      ["nothing", "text/event-stream", "", "PROVIDER_STREAM"],
      ["comments only", "text/event-stream", ": BODY-CANARY-7261\n\n: BODY-CANARY-7261\n\n", "PROVIDER_STREAM"],
    ] as const,
  )("refuses %s instead of a stream", async ([, type, body, code]) => {
    const server = await serve((_, response) => response.writeHead(200, { "content-type": type }).end(body));
    const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo());
    expect(reply.error).toMatchObject({ code });
    expect(JSON.stringify([reply.error, reply.error?.stack])).not.toContain(CANARY);
  });

  test.for(
    [
      ["overloaded_error", "PROVIDER_BUSY"],
      ["rate_limit_error", "PROVIDER_RATE"],
      ["authentication_error", "PROVIDER_AUTH"],
      ["not_found_error", "PROVIDER_MODEL"],
      ["BODY-CANARY-7261", "PROVIDER_STREAM"],
    ] as const,
  )("reads the error %s in a stream", async ([type, code]) => {
    const error = { type, message: CANARY, code: null };
    const event = kind === "anthropic"
      ? `event: error\ndata: ${JSON.stringify({ type: "error", error })}\n\n`
      : `data: ${JSON.stringify({ error })}\n\n`;
    const server = await serve((_, response) => sendEvents(response, event));
    const timers = createHandTimers();
    const waits = code === "PROVIDER_BUSY" || code === "PROVIDER_RATE"
      ? [timers.fire(FIRST_MS), timers.fire(SECOND_MS)]
      : [];
    const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo({ timers }));
    await Promise.all(waits);
    expect(reply.error).toMatchObject({ code });
    expect(JSON.stringify([reply.error, reply.error?.stack])).not.toContain(CANARY);
  });

  it("stops at a line without an end", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      function more(): void {
        if (!response.destroyed) response.write("x".repeat(65_536), more);
      }
      response.write("data: ");
      more();
    });
    const reply = await collect(await model(kind, server.url), ask("hello"), await createModelIo());
    expect(reply.error).toMatchObject({
      code: "PROVIDER_STREAM",
      message: expect.stringContaining("line of more than 1048576"),
    });
    await server.idle();
  });

  it("stops at a reply without an end", async () => {
    const events = EVENTS[kind]({ text: "a".repeat(20_000) });
    const server = await serve((_, response) => sendEvents(response, events));
    const io = await createModelIo({ limits: { maxReplyBytes: 10_000 } });
    const reply = await collect(await model(kind, server.url), ask("hello"), io);
    expect(reply.error).toMatchObject({ code: "PROVIDER_STREAM", message: expect.stringContaining("10000 bytes") });
    await server.idle();
  });

  it("stops when the server falls silent", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(EVENTS[kind]({ text: "so far" }).split("\n\n").slice(0, 3).join("\n\n") + "\n\n");
    });
    const timers = createHandTimers();
    const open = await openModel({ kind, id: "test", url: server.url, model: "m" }, { http: createHttp({ timers }) });
    const late = timers.fire(60_000);
    const reply = await collect(open, ask("hello"), await createModelIo({ timers }));
    await late;
    expect(reply.error).toMatchObject({
      code: "PROVIDER_STREAM",
      message: expect.stringContaining("sent nothing for"),
    });
    expect(timers.asked).toContain(300_000);
    await server.idle();
  });

  it("closes the connection when it is cancelled in the middle", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(EVENTS[kind]({ text: "so far so good" }).split("\n\n").slice(0, 4).join("\n\n") + "\n\n");
    });
    const stop = new AbortController();
    const io = await createModelIo({ signal: stop.signal });
    const parts: string[] = [];
    await expect((async () => {
      for await (const part of streamModel(await model(kind, server.url), ask("hello"), io)) {
        parts.push(part.kind);
        stop.abort();
      }
    })()).rejects.toMatchObject({ code: "CANCELLED" });
    expect(parts[0]).toBe("text");
    expect(io.outcomes).toMatchObject([{ error: { code: "CANCELLED" }, retried: false }]);
    await server.idle();
  });

  it("closes the connection when the reader leaves", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(EVENTS[kind]({ text: "so far so good" }).split("\n\n").slice(0, 4).join("\n\n") + "\n\n");
    });
    const io = await createModelIo();
    for await (const _ of streamModel(await model(kind, server.url), ask("hello"), io)) break;
    expect(io.outcomes).toMatchObject([{ error: { code: "CANCELLED" } }]);
    await server.idle();
  });

  it("records a reply as whole when the reader leaves at its last part, as a turn does", async () => {
    const server = await serve((_, response) => sendEvents(response, EVENTS[kind]({ text: "all of it" })));
    const io = await createModelIo();
    for await (const part of streamModel(await model(kind, server.url), ask("hello"), io)) {
      if (part.kind === "finish") break;
    }
    expect(io.outcomes).toMatchObject([{ error: null, retried: false }]);
  });

  it("does not wait for the pause between attempts when it is cancelled", async () => {
    const server = await serve((_, response) => sendJson(response, { status: 503, value: {} }));
    const stop = new AbortController();
    const timers = createHandTimers();
    const io = await createModelIo({ signal: stop.signal, timers });
    const reply = collect(await model(kind, server.url), ask("hello"), io);
    while (!timers.pending.includes(FIRST_MS)) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect((await reply).error).toMatchObject({ code: "CANCELLED" });
    expect(timers.pending).toEqual([]);
  });

  it("names the command that starts a known server", async () => {
    const timers = createHandTimers();
    const waits = [timers.fire(FIRST_MS), timers.fire(SECOND_MS)];
    // Not one that was just closed: another test may have taken its port.
    const reply = await collect(
      await model(kind, "http://127.0.0.1:1/v1"),
      ask("hello"),
      await createModelIo({ timers }),
    );
    await Promise.all(waits);
    expect(reply.error).toMatchObject({
      code: "PROVIDER_UNREACHABLE",
      hint: "start the server that listens at 127.0.0.1:1, or choose another with --provider",
    });
  });
});

function chunk(text: string): string {
  return `data: {"choices":[{"index":0,"delta":{"content":"${text}"},"finish_reason":null}]}\n\n`;
}

describe("hostile streams", () => {
  it("does not try again once a part was passed on", async () => {
    const server = await serve((_, response) =>
      sendEvents(
        response,
        `${
          openAiEvents({ text: "so far", finish: null }).replace("data: [DONE]\n\n", "")
        }data: {"error":{"type":"overloaded_error","message":"x"}}\n\n`,
      )
    );
    const reply = await collect(await model("openai-compatible", server.url), ask("hello"), await createModelIo());
    expect(reply).toMatchObject({ text: "so far", error: { code: "PROVIDER_BUSY" } });
    expect(server.requests).toHaveLength(1);
  });

  it("goes nowhere but below the configured address, whatever a package asks for", async () => {
    const server = await serve((_, response) => sendEvents(response, openAiEvents({ text: "no" })));
    const rules = {
      base: new URL(server.url),
      loopbackOnly: true,
      limits: { connectMs: 1_000, firstByteMs: 1_000, silenceMs: 1_000, maxBytes: 1_000, maxLineBytes: null },
      facts: { provider: "test", model: "m", where: "x", port: 1, local: true, key: false },
    };
    const io = await createModelIo();
    const attempt = await io.attempt(0, digestRequest(await model("anthropic", server.url), ask("x")));
    const http = createHttp({ timers: systemTimers });
    const fetch = modelFetch({ http, rules, attempt, io, models: () => Promise.resolve([]) });
    const post = { method: "POST", body: "{}" };
    for (
      const url of [
        `http://127.0.0.1:${server.port}/v2/x`,
        `http://127.0.0.1:${server.port}/v1x`,
        "http://127.0.0.1:1/v1/x",
        `https://127.0.0.1:${server.port}/v1/x`,
        `${server.url}/../admin`,
      ]
    ) {
      await expect(fetch(url, post)).rejects.toMatchObject({ code: "PROVIDER_PROTOCOL" });
    }
    await expect(fetch(`${server.url}/x`, { method: "GET" })).rejects.toMatchObject({ code: "PROVIDER_PROTOCOL" });
    await expect(fetch(`${server.url}/x`, { ...post, body: new Uint8Array(1) })).rejects.toMatchObject({
      code: "PROVIDER_PROTOCOL",
    });
    expect(server.requests).toHaveLength(0);
  });

  it("refuses a tool that the provider ran by itself", async () => {
    const events = anthropicEvents({ finish: null }) + [
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "server_tool_use", id: "srv_1", name: "web_search", input: {} },
      },
      { type: "content_block_stop", index: 0 },
    ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
    const server = await serve((_, response) => sendEvents(response, events));
    const reply = await collect(await model("anthropic", server.url), ask("hello"), await createModelIo());
    expect(reply.error).toMatchObject({
      code: "PROVIDER_PROTOCOL",
      message: expect.stringContaining("ran a tool by itself"),
    });
    expect(reply.calls).toEqual([]);
  });

  it("gives safe and different ids to calls whose ids are not", async () => {
    const calls = ["same", "same", "a b\n<script>", "x".repeat(500), ""].map((id) => ({
      id,
      name: "read",
      args: "{}",
    }));
    const server = await serve((_, response) => sendEvents(response, openAiEvents({ calls })));
    const reply = await collect(await model("openai-compatible", server.url), ask("hello"), await createModelIo());
    expect(reply.error).toBeNull();
    expect(new Set(reply.calls.map(({ id }) => id)).size).toBe(5);
    for (const { id } of reply.calls) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });

  it("joins halves of a character and replaces lone ones", async () => {
    const end = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
    const server = await serve((_, response) =>
      sendEvents(response, chunk("a\\ud83d") + chunk("\\ude00b") + chunk("\\udc00c") + chunk("\\ud83d") + end)
    );
    const reply = await collect(await model("openai-compatible", server.url), ask("hello"), await createModelIo());
    expect(reply.text).toBe("a😀b\ufffdc\ufffd");
  });

  it("believes no absurd count of tokens", async () => {
    const server = await serve((_, response) =>
      sendEvents(response, openAiEvents({ text: "x", usage: { input: -5, output: 1e300 } }))
    );
    const reply = await collect(await model("openai-compatible", server.url), ask("hello"), await createModelIo());
    expect(reply.finish?.usage).toEqual({ input: null, output: null });
  });

  test.for([["length", "length"], ["content_filter", "refused"], ["stop", "stop"], ["whatever", "stop"]] as const)(
    "reads the finish reason %s as %s",
    async ([wire, reason]) => {
      const server = await serve((_, response) => sendEvents(response, openAiEvents({ text: "x", finish: wire })));
      const reply = await collect(await model("openai-compatible", server.url), ask("hello"), await createModelIo());
      expect(reply.finish?.reason).toBe(reason);
    },
  );

  it("passes thoughts on as thoughts", async () => {
    const server = await serve((_, response) => sendEvents(response, openAiEvents({ thought: "hm", text: "ok" })));
    const reply = await collect(await model("openai-compatible", server.url), ask("hello"), await createModelIo());
    expect([reply.thought, reply.text]).toEqual(["hm", "ok"]);
  });
});

describe("the permit of a model call", () => {
  it("is spent before anything is sent, and is good for this request only", async () => {
    const server = await serve((_, response) => sendEvents(response, openAiEvents({ text: "no" })));
    const io = await createModelIo();
    const open = await model("openai-compatible", server.url);
    const other = await io.attempt(0, digestRequest(open, ask("something else")));
    const reply = await collect(open, ask("hello"), { ...io, attempt: () => Promise.resolve(other) });
    expect(reply.error).toMatchObject({ code: "PERMIT_INVALID" });
    expect(server.requests).toHaveLength(0);
  });
});
