import { beforeAll, describe, expect, it, test } from "vitest";
import { systemClock } from "../../../cli/system/clock.ts";
import { systemTimers } from "../../../cli/system/timers.ts";
import { createIds, loadSodium, type Outcome, type Permit, SecretBytes, type Timers } from "../../../core/mod.ts";
import { createPermits } from "../../../policy/mod.ts";
import { specDigest } from "../../../sandbox/mod.ts";
import { SessionError } from "../../../session/errors.ts";
import {
  type Admission,
  createHttp,
  type HttpSpec,
  type HttpValue,
  type OutgoingRequest,
} from "../../../session/http.ts";
import { createHttpBackend } from "../../../session/http/backend.ts";
import { createHandTimers } from "../../support/hand-timers.ts";
import { middleRandom } from "../../support/model-io.ts";
import { serve } from "../../support/serve.ts";

const HANDLE = "handle://vault/test/token";
beforeAll(() => loadSodium());

function specFor(url: string, more: Partial<HttpSpec> = {}): HttpSpec {
  return {
    kind: "http",
    method: "GET",
    url,
    headers: [["accept", "*/*"], ["x-own", "1"]],
    body: null,
    secret: null,
    maxBytes: 1_000,
    timeoutMs: 5_000,
    maxRedirects: 3,
    ...more,
  };
}

interface Ran {
  readonly outcome: Outcome<HttpValue>;
  readonly asked: readonly OutgoingRequest[];
}

async function run(
  spec: HttpSpec,
  options: {
    readonly admit?: (request: OutgoingRequest) => Admission | Promise<Admission>;
    readonly timers?: Timers;
    readonly signal?: AbortSignal;
    readonly permit?: Permit;
    readonly resolve?: (name: string) => Promise<readonly string[]>;
  } = {},
): Promise<Ran> {
  const timers = options.timers ?? systemTimers;
  const permits = createPermits(systemClock);
  const call = createIds(systemClock, middleRandom).next("call");
  const asked: OutgoingRequest[] = [];
  const http = createHttp({ timers, resolve: options.resolve ?? (() => Promise.resolve(["127.0.0.1"])) });
  const backend = createHttpBackend({ http, clock: systemClock, timers });
  const permit = options.permit ?? permits.mint({ call, intent: 1, digest: specDigest(spec), tier: backend.tier });
  const outcome = await backend.run(permit, spec, {
    signal: options.signal ?? new AbortController().signal,
    permits,
    secrets: { reveal: () => Promise.resolve(new SecretBytes(Buffer.from("fake-token-1234"))) },
    async admitRequest(request) {
      asked.push(request);
      return await (options.admit?.(request) ?? { secret: null });
    },
  });
  return { outcome, asked };
}

describe("createHttpBackend().run()", () => {
  it("fetches text and says where it came from", async () => {
    const server = await serve((_, response) => response.writeHead(200, { "content-type": "text/plain" }).end("hello"));
    const { outcome, asked } = await run(specFor(`${server.url}/a?b`));
    expect(outcome).toMatchObject({
      ok: true,
      started: true,
      notices: [],
      value: {
        status: 200,
        url: `${server.url}/a?b`,
        hops: [],
        address: "127.0.0.1",
        contentType: "text/plain",
        bytes: 5,
        truncated: false,
        text: "hello",
        sha256: "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
      },
    });
    expect(asked.map(({ hop, addresses }) => [hop, addresses])).toEqual([[0, null], [0, ["127.0.0.1"]]]);
  });

  it("sends method, headers and body", async () => {
    const server = await serve((_, response) => response.end());
    await run(specFor(server.url, { method: "POST", body: "grün" }));
    expect(server.requests[0]).toMatchObject({
      method: "POST",
      body: "grün",
      headers: { "x-own": "1", "content-length": "5" },
    });
  });

  it("starts nothing without a permit for exactly this request", async () => {
    const server = await serve((_, response) => response.end());
    const spec = specFor(server.url);
    const permits = createPermits(systemClock);
    const call = createIds(systemClock, middleRandom).next("call");
    const other = permits.mint({
      call,
      intent: 1,
      digest: specDigest({ ...spec, method: "DELETE" }),
      tier: "host-supervised",
    });
    const { outcome, asked } = await run(spec, { permit: other });
    expect(outcome).toMatchObject({ ok: false, started: false, code: "PERMIT_INVALID" });
    expect([asked, server.requests]).toEqual([[], []]);
  });

  it("passes the gate's refusal on, and sends nothing", async () => {
    const server = await serve((_, response) => response.end());
    const { outcome } = await run(specFor(server.url), {
      admit: ({ addresses }) => {
        if (addresses !== null) throw new SessionError("POLICY_DENY", "Cannot go there: no", { hint: "ask policy" });
        return { secret: null };
      },
    });
    expect(outcome).toMatchObject({
      ok: false,
      started: false,
      code: "POLICY_DENY",
      reason: "Cannot go there: no",
      hint: "ask policy",
    });
    expect(server.requests).toHaveLength(0);
  });

  it("keeps as much as it may and says that it was cut", async () => {
    const server = await serve((_, response) => response.end("a".repeat(5_000)));
    const { outcome } = await run(specFor(server.url));
    expect(outcome).toMatchObject({ ok: true, value: { bytes: 1_000, truncated: true, text: "a".repeat(1_000) } });
    const exact = await serve((_, response) => response.end("a".repeat(1_000)));
    expect((await run(specFor(exact.url))).outcome).toMatchObject({
      ok: true,
      value: { bytes: 1_000, truncated: false },
    });
    await server.idle();
  });

  it("gives no text of binary data", async () => {
    const server = await serve((_, response) => response.end(Buffer.from([0xff, 0x00, 0xfe])));
    expect((await run(specFor(server.url))).outcome).toMatchObject({ ok: true, value: { bytes: 3, text: null } });
  });

  it("ends after its time", async () => {
    const server = await serve(() => undefined);
    const timers = createHandTimers();
    const running = run(specFor(server.url), { timers });
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await timers.fire(5_000);
    expect((await running).outcome).toMatchObject({ ok: false, started: true, code: "LIMIT_TIME" });
    await server.idle();
  });

  it("ends when it is cancelled", async () => {
    const stop = new AbortController();
    const server = await serve(() => stop.abort());
    expect((await run(specFor(server.url), { signal: stop.signal })).outcome).toMatchObject({
      ok: false,
      code: "CANCELLED",
    });
    await server.idle();
  });
});

describe("redirects", () => {
  it("are decided one by one, by name and by address", async () => {
    const last = await serve((_, response) => response.end("there"));
    const first = await serve((_, response) =>
      response.writeHead(302, { location: `http://other.example.test:${last.port}/x` }).end()
    );
    const { outcome, asked } = await run(specFor(`http://api.example.test:${first.port}/`));
    expect(outcome).toMatchObject({
      ok: true,
      value: { text: "there", url: `http://other.example.test:${last.port}/x`, hops: [{ status: 302 }] },
    });
    expect(asked.map(({ host, hop, addresses }) => `${host} ${hop} ${addresses?.join() ?? "by name"}`)).toEqual([
      "api.example.test 0 by name",
      "api.example.test 0 127.0.0.1",
      "other.example.test 1 by name",
      "other.example.test 1 127.0.0.1",
    ]);
  });

  it("are not followed where the gate says no", async () => {
    const last = await serve((_, response) => response.end("there"));
    const first = await serve((_, response) => response.writeHead(301, { location: last.url }).end());
    const { outcome } = await run(specFor(first.url), {
      admit: ({ hop }) => {
        if (hop > 0) throw new SessionError("POLICY_DENY", "Cannot go there: no");
        return { secret: null };
      },
    });
    expect(outcome).toMatchObject({ ok: false, code: "POLICY_DENY", started: true });
    expect(last.requests).toHaveLength(0);
  });

  test.for(
    [
      [301, "POST", "GET", false],
      [302, "POST", "GET", false],
      [303, "PUT", "GET", false],
      [307, "POST", "POST", true],
      [308, "PUT", "PUT", true],
      [302, "HEAD", "HEAD", false],
    ] as const,
  )("%i after %s is followed with %s", async ([status, method, then, keepsBody]) => {
    const server = await serve((request, response) =>
      request.path === "/v1" ? response.writeHead(status, { location: "/next" }).end() : response.end("ok")
    );
    const { outcome } = await run(specFor(server.url, { method, body: method === "HEAD" ? null : "content" }));
    expect(outcome.ok).toBe(true);
    expect(server.requests[1]).toMatchObject({ method: then, path: "/next", body: keepsBody ? "content" : "" });
  });

  it("carry neither secret nor own headers nor body to another origin", async () => {
    const last = await serve((_, response) => response.end("ok"));
    const first = await serve((_, response) => response.writeHead(302, { location: `${last.url}/x` }).end());
    const secret = { handle: HANDLE, inject: "bearer" };
    const { outcome } = await run(specFor(first.url, { secret }), {
      admit: ({ port }) => ({ secret: port === first.port ? { inject: "bearer", format: null } : null }),
    });
    expect(outcome).toMatchObject({ ok: true, notices: [{ code: "SECRET_DROPPED" }] });
    expect(first.requests[0]?.headers).toMatchObject({ authorization: "Bearer fake-token-1234", "x-own": "1" });
    expect(last.requests[0]?.headers["authorization"]).toBeUndefined();
    expect(last.requests[0]?.headers["x-own"]).toBeUndefined();

    const passing = await serve((_, response) => response.writeHead(307, { location: `${last.url}/x` }).end());
    const posted = await run(specFor(passing.url, { method: "POST", body: "private content" }));
    expect(posted.outcome).toMatchObject({ ok: false, code: "HTTP_FAILED" });
    expect(last.requests).toHaveLength(1);
  });

  it("end after the given number", async () => {
    const server = await serve((request, response) => response.writeHead(302, { location: `${request.path}x` }).end());
    expect((await run(specFor(server.url))).outcome).toMatchObject({
      ok: false,
      reason: expect.stringContaining("more than 3 redirects"),
    });
    expect(server.requests).toHaveLength(4);
  });

  test.for(["file:///etc/passwd", "javascript:alert(1)", "http://user:pw@127.0.0.1/", "http://[bad"])(
    "to %s are refused",
    async (location) => {
      const server = await serve((_, response) => response.writeHead(302, { location }).end());
      expect((await run(specFor(server.url))).outcome).toMatchObject({ ok: false, code: "URL_INVALID" });
    },
  );

  it("without an address are answers like any other", async () => {
    const server = await serve((_, response) => response.writeHead(302).end("nowhere"));
    expect((await run(specFor(server.url))).outcome).toMatchObject({
      ok: true,
      value: { status: 302, text: "nowhere" },
    });
  });
});

describe("secrets of a fetch", () => {
  const secret = { handle: HANDLE, inject: "header:x-token" };

  it("go to the slot that the binding names, in its format", async () => {
    const server = await serve((_, response) => response.end("ok"));
    await run(specFor(server.url, { secret }), {
      admit: () => ({ secret: { inject: "header:x-token", format: "t={}" } }),
    });
    expect(server.requests[0]?.headers["x-token"]).toBe("t=fake-token-1234");
  });

  test.for(
    [
      ["the origin is not bound", null, "SECRET_UNBOUND"],
      ["the slot is another", { inject: "bearer", format: null }, "SECRET_PLACE"],
    ] as const,
  )("do not go when %s", async ([, slot, code]) => {
    const server = await serve((_, response) => response.end("ok"));
    const { outcome } = await run(specFor(server.url, { secret }), { admit: () => ({ secret: slot }) });
    expect(outcome).toMatchObject({ ok: false, code });
    expect(server.requests).toHaveLength(0);
  });

  it("do not replace a header that was given", async () => {
    const server = await serve((_, response) => response.end("ok"));
    const spec = specFor(server.url, { secret, headers: [["x-token", "mine"]] });
    const { outcome } = await run(spec, { admit: () => ({ secret: { inject: "header:x-token", format: null } }) });
    expect(outcome).toMatchObject({ ok: false, code: "ARGS_INVALID" });
  });
});
