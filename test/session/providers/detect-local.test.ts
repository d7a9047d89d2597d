import { describe, expect, it } from "vitest";
import { systemTimers } from "../../../cli/system/timers.ts";
import { createHttp } from "../../../session/http.ts";
import { detectLocal, LOCAL_SERVERS } from "../../../session/providers/detect-local.ts";
import { createHandTimers } from "../../support/hand-timers.ts";
import { sendJson } from "../../support/model-server.ts";
import { serve } from "../../support/serve.ts";

describe("detectLocal()", () => {
  it("knows the usual ports", () => {
    expect(LOCAL_SERVERS.map(({ id, port, path }) => `${id} ${port}${path}`)).toEqual([
      "ollama 11434/api/tags",
      "llama.cpp 8080/v1/models",
      "lmstudio 1234/v1/models",
      "vllm 8000/v1/models",
    ]);
  });

  it("finds servers and their models, leaves out what is none, and sends nothing but the question", async () => {
    const ollama = await serve((_, response) =>
      sendJson(response, {
        status: 200,
        value: { models: [{ name: "llama3.2:latest" }, { name: "evil\u001b[2J" }, { name: 7 }] },
      })
    );
    const page = await serve((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"));
    const other = await serve((_, response) => sendJson(response, { status: 200, value: { hello: "world" } }));
    const locked = await serve((_, response) => sendJson(response, { status: 401, value: { data: [] } }));
    const moved = await serve((_, response) => response.writeHead(302, { location: ollama.url }).end());
    // Nobody listens there. Not a port that was just closed: another test may have taken it.
    const gone = { port: 1 };
    // No time passes: 300 ms are not enough for all of them on a busy machine.
    const timers = createHandTimers();
    const found = await detectLocal({
      http: createHttp({ timers }),
      timers,
      servers: [ollama, page, other, locked, moved, gone].map(({ port }, index) => ({
        id: `s${index}`,
        port,
        path: "/api/tags",
      })),
    });
    expect(found).toEqual([
      { id: "s0", port: ollama.port, url: `http://127.0.0.1:${ollama.port}/v1`, models: ["llama3.2:latest"] },
    ]);
    expect(ollama.requests.map(({ method, path, body }) => [method, path, body])).toEqual([["GET", "/api/tags", ""]]);
    expect(Object.keys(ollama.requests[0]?.headers ?? {}).toSorted()).toEqual([
      "accept",
      "accept-encoding",
      "connection",
      "host",
      "user-agent",
    ]);
  });

  it("gives up after 300 ms on a server that does not answer, and on one that never stops", async () => {
    const silent = await serve(() => undefined);
    const endless = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      function more(): void {
        if (!response.destroyed) response.write("[".repeat(16_384), more);
      }
      more();
    });
    const timers = createHandTimers();
    const found = detectLocal({
      http: createHttp({ timers: systemTimers }),
      timers,
      servers: [silent, endless].map(({ port }, index) => ({ id: `s${index}`, port, path: "/v1/models" })),
    });
    while (silent.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await timers.fire(300);
    expect(await found).toEqual([]);
    await Promise.all([silent.idle(), endless.idle()]);
  });

  it("stops when it is cancelled", async () => {
    const silent = await serve(() => undefined);
    const stop = new AbortController();
    const found = detectLocal({
      http: createHttp({ timers: systemTimers }),
      timers: createHandTimers(),
      signal: stop.signal,
      servers: [{ id: "s", port: silent.port, path: "/" }],
    });
    stop.abort();
    expect(await found).toEqual([]);
  });
});
