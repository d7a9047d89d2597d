import { execFile } from "node:child_process";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, test } from "vitest";
import { SecretBytes } from "../../core/mod.ts";
import { systemTimers } from "../../cli/system/timers.ts";
import { SessionError } from "../../session/errors.ts";
import {
  createHttp,
  type ExchangeIo,
  type Http,
  type HttpAnswer,
  type HttpLimits,
  type OutgoingRequest,
} from "../../session/http.ts";
import { targetOf } from "../../session/http/target.ts";
import { createHandTimers } from "../support/hand-timers.ts";
import { startRawServer } from "../support/raw-server.ts";
import { startModelServer } from "../support/model-server.ts";
import { makeCertificate } from "../support/tls-cert.ts";

const LIMITS: HttpLimits = {
  connectMs: 10_000,
  firstByteMs: 20_000,
  silenceMs: 30_000,
  maxBytes: 1_000_000,
  maxLineBytes: null,
};

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function opened<Server extends { close(): Promise<void> }>(server: Server): Server {
  closers.push(() => server.close());
  return server;
}

function io(options: Partial<ExchangeIo> = {}): ExchangeIo & { readonly seen: OutgoingRequest[] } {
  const seen: OutgoingRequest[] = [];
  return {
    seen,
    signal: new AbortController().signal,
    limits: LIMITS,
    loopbackOnly: false,
    credential: () => Promise.resolve(null),
    ...options,
    async admit(request) {
      seen.push(request);
      await options.admit?.(request);
    },
  };
}

function get(http: Http, url: string, through: ExchangeIo): Promise<HttpAnswer> {
  return http.exchange({ method: "GET", target: targetOf(url), headers: [["x-a", "1"]], body: null, hop: 0 }, through);
}

async function text(answer: HttpAnswer): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.body()) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

function failure(code: string, message: RegExp): Error {
  return expect.objectContaining({ code, message: expect.stringMatching(message) });
}

describe("createHttp().exchange()", () => {
  it("asks by name, then with the addresses, and only then connects", async () => {
    const server = opened(await startModelServer((request, response) => response.end(request.headers.host)));
    const steps: string[] = [];
    const http = createHttp({
      timers: systemTimers,
      resolve(name) {
        steps.push(`resolve ${name}`);
        return Promise.resolve(["127.0.0.1"]);
      },
    });
    const through = io({
      admit(request) {
        steps.push(
          `admit ${request.host} ${request.addresses?.join() ?? "by name"} connections=${server.requests.length}`,
        );
        return Promise.resolve();
      },
    });
    const answer = await get(http, `http://api.example.test:${server.port}/a?b=c`, through);
    expect(await text(answer)).toBe(`api.example.test:${server.port}`);
    expect(answer.address).toBe("127.0.0.1");
    expect(server.requests[0]?.path).toBe("/a?b=c");
    expect(steps).toEqual([
      "admit api.example.test by name connections=0",
      "resolve api.example.test",
      "admit api.example.test 127.0.0.1 connections=0",
    ]);
  });

  it("resolves nothing when the name is refused", async () => {
    let resolved = 0;
    const http = createHttp({ timers: systemTimers, resolve: () => Promise.resolve([String(++resolved)]) });
    const no = new SessionError("POLICY_DENY", "Cannot go there: no");
    await expect(get(http, "http://api.example.test/", io({ admit: () => Promise.reject(no) }))).rejects.toBe(no);
    expect(resolved).toBe(0);
  });

  it("connects nowhere when a listed name resolves to a private address", async () => {
    const server = opened(await startRawServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")));
    const http = createHttp({ timers: systemTimers, resolve: () => Promise.resolve(["127.0.0.1", "10.0.0.1"]) });
    const through = io({
      admit: ({ addresses }) =>
        addresses?.includes("10.0.0.1") === true
          ? Promise.reject(new SessionError("POLICY_DENY", "Cannot go there: it is inside"))
          : Promise.resolve(),
    });
    await expect(get(http, `http://docs.example.test:${server.port}/`, through)).rejects.toThrow(
      failure("POLICY_DENY", /inside/),
    );
    expect(server.connections).toBe(0);
    expect(through.seen.map(({ addresses }) => addresses)).toEqual([null, ["127.0.0.1", "10.0.0.1"]]);
  });

  it("resolves once: what was decided is what is connected to, whatever the name says next", async () => {
    const server = opened(await startRawServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")));
    const answers = [["127.0.0.1"], ["10.0.0.1"]];
    const http = createHttp({ timers: systemTimers, resolve: () => Promise.resolve(answers.shift() ?? []) });
    await text(await get(http, `http://docs.example.test:${server.port}/`, io()));
    expect(answers).toEqual([["10.0.0.1"]]);
    expect(server.connections).toBe(1);
  });

  it("shows mapped and odd addresses to policy in their one form, and drops what names an interface", async () => {
    const http = createHttp({
      timers: systemTimers,
      resolve: () => Promise.resolve(["::ffff:10.0.0.1", "2001:DB8:0:0::1", "fe80::1%eth0", "10.0.0.1", "nonsense"]),
    });
    const through = io({
      admit: ({ addresses }) =>
        addresses === null ? Promise.resolve() : Promise.reject(new SessionError("POLICY_DENY", "x")),
    });
    await expect(get(http, "http://a.example.test/", through)).rejects.toMatchObject({ code: "POLICY_DENY" });
    expect(through.seen[1]?.addresses).toEqual(["10.0.0.1", "2001:db8::1"]);
  });

  it("never asks a resolver for localhost", async () => {
    const server = opened(await startModelServer((_, response) => response.end("here")));
    const http = createHttp({ timers: systemTimers, resolve: () => Promise.reject(new Error("asked")) });
    const answer = await get(http, `http://localhost:${server.port}/`, io({ loopbackOnly: true }));
    expect(await text(answer)).toBe("here");
  });

  it("refuses a local model whose name is not this machine", async () => {
    const http = createHttp({ timers: systemTimers, resolve: () => Promise.resolve(["127.0.0.1", "192.0.2.7"]) });
    await expect(get(http, "http://models.example.test/", io({ loopbackOnly: true }))).rejects.toThrow(
      /not this machine/,
    );
  });

  it("goes on to the next address when nobody listens at the first", async () => {
    const server = opened(await startModelServer((_, response) => response.end("second")));
    const http = createHttp({ timers: systemTimers, resolve: () => Promise.resolve(["127.0.0.2", "127.0.0.1"]) });
    expect(await text(await get(http, `http://two.example.test:${server.port}/`, io()))).toBe("second");
  });

  test.for(
    [
      ["nobody listens", "ECONNREFUSED", /nobody listens/],
      ["the name is unknown", "ENOTFOUND", /does not resolve/],
    ] as const,
  )("says in its own words that %s", async ([, code, words]) => {
    const http = createHttp({
      timers: systemTimers,
      resolve: () =>
        code === "ENOTFOUND"
          ? Promise.reject(Object.assign(new Error("getaddrinfo SECRET"), { code }))
          : Promise.resolve(["127.0.0.1"]),
    });
    await expect(get(http, `http://gone.example.test:1/`, io())).rejects.toThrow(
      failure("HTTP_FAILED", words),
    );
  });

  it("follows no redirect", async () => {
    const server = opened(
      await startModelServer((_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()),
    );
    const answer = await get(createHttp({ timers: systemTimers }), server.url, io());
    expect([answer.status, answer.header("location")]).toEqual([302, "http://127.0.0.1:1/"]);
    answer.close();
    expect(server.requests).toHaveLength(1);
  });
});

function toLoopback(): Promise<readonly string[]> {
  return Promise.resolve(["127.0.0.1"]);
}

async function secure(cert: { readonly cert: string; readonly key: string }): Promise<number> {
  const server = createTlsServer(cert, (request, response) => response.end(`to ${request.headers.host ?? ""}`));
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

describe("TLS", () => {
  it("verifies the certificate against the name, although the connection goes to an address", async () => {
    const good = makeCertificate("api.example.test");
    const port = await secure(good);
    const http = createHttp({ timers: systemTimers, resolve: toLoopback, ca: [good.cert] });
    expect(await text(await get(http, `https://api.example.test:${port}/`, io()))).toBe(`to api.example.test:${port}`);
    await expect(get(http, `https://other.example.test:${port}/`, io())).rejects.toThrow(
      /certificate is for another name/,
    );
  });

  test.for(
    [
      ["self-signed", false, /not trusted/],
      ["expired", true, /has expired|not trusted/],
    ] as const,
  )("refuses a certificate that is %s", async ([, expired, words]) => {
    const cert = makeCertificate("api.example.test", { expired });
    const port = await secure(cert);
    const http = createHttp({ timers: systemTimers, resolve: toLoopback, ...(expired ? { ca: [cert.cert] } : {}) });
    await expect(get(http, `https://api.example.test:${port}/`, io())).rejects.toThrow(failure("HTTP_FAILED", words));
  });

  it("verifies also when the environment says not to", async () => {
    const port = await secure(makeCertificate("api.example.test"));
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const http = createHttp({ timers: systemTimers, resolve: toLoopback });
      await expect(get(http, `https://api.example.test:${port}/`, io())).rejects.toThrow(/not trusted/);
    } finally {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    }
  });

  it("says so when the other side does not speak TLS", async () => {
    const server = opened(await startModelServer((_, response) => response.end()));
    const http = createHttp({ timers: systemTimers, resolve: toLoopback });
    await expect(get(http, `https://api.example.test:${server.port}/`, io())).rejects.toThrow(/does not speak TLS/);
  });
});

describe("secrets on the wire", () => {
  it("are resolved after the last decision, sent once and wiped", async () => {
    const server = opened(await startModelServer((_, response) => response.end("ok")));
    const value = new SecretBytes(Buffer.from("fake-token-12345678"));
    const steps: string[] = [];
    const through = io({
      admit: ({ addresses }) => Promise.resolve(void steps.push(addresses === null ? "name" : "addresses")),
      credential: () =>
        Promise.resolve({
          inject: "header:X-Token",
          format: "token {}",
          reveal: () => Promise.resolve(void steps.push("reveal")).then(() => value),
        }),
    });
    await text(await get(createHttp({ timers: systemTimers }), server.url, through));
    expect(server.requests[0]?.headers["x-token"]).toBe("token fake-token-12345678");
    expect(steps).toEqual(["name", "addresses", "reveal"]);
    expect(() => value.use(() => 0)).toThrow(/disposed/);
  });

  it("never go in clear text to another machine", async () => {
    const server = opened(await startRawServer(() => undefined));
    const http = createHttp({ timers: systemTimers, resolve: () => Promise.resolve(["127.0.0.1"]) });
    let revealed = false;
    const through = io({
      credential: () =>
        Promise.resolve({
          inject: "bearer",
          format: null,
          reveal: () => {
            revealed = true;
            return Promise.resolve(new SecretBytes(Buffer.from("fake")));
          },
        }),
    });
    await expect(get(http, `http://api.example.test:${server.port}/`, through)).rejects.toThrow(/not encrypted/);
    expect(revealed).toBe(false);
  });

  it("are refused when they hold a line end, without naming them", async () => {
    const server = opened(await startRawServer(() => undefined));
    const through = io({
      credential: () =>
        Promise.resolve({
          inject: "bearer",
          format: null,
          reveal: () => Promise.resolve(new SecretBytes(Buffer.from("fake\r\nx-evil: 1"))),
        }),
    });
    const failed = await get(createHttp({ timers: systemTimers }), `http://127.0.0.1:${server.port}/`, through).catch(
      (error: unknown) => error as SessionError,
    );
    expect(failed).toMatchObject({ code: "SECRET_PLACE" });
    expect(failed instanceof SessionError && failed.message).not.toContain("fake");
    await server.idle();
  });
});

async function raw(
  answer: string,
  limits: Partial<HttpLimits> = {},
  more: { readonly hold?: boolean } = {},
): Promise<string> {
  const server = opened(
    await startRawServer((socket) =>
      more.hold === true ? void socket.write(answer, "latin1") : void socket.end(answer, "latin1")
    ),
  );
  const answered = await get(
    createHttp({ timers: systemTimers }),
    `http://127.0.0.1:${server.port}/`,
    io({ limits: { ...LIMITS, ...limits } }),
  );
  return await text(answered);
}

describe("answers that lie or never end", () => {
  test.for(
    [
      [
        "a body shorter than it says",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort",
        /closed in the middle|ended too early/,
      ],
      [
        "a chunked body without its end",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        /closed in the middle|ended too early/,
      ],
      [
        "a chunk with a broken size",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello",
        /not HTTP|closed|failed/,
      ],
      ["something that is not HTTP", "SSH-2.0-OpenSSH_9.9\r\n\r\n", /not HTTP/],
      ["nothing at all", "", /nobody|closed|failed/],
      [
        "another protocol",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        /changed protocol|not HTTP|closed/,
      ],
      [
        "an unknown encoding",
        "HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\ncontent-length: 1\r\n\r\nx",
        /not asked for/,
      ],
      ["endless headers", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(40_000)}`, /too large|closed|failed/],
      [
        "packed data that is none",
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 8\r\n\r\nno gzip!",
        /not packed as it says/,
      ],
    ] as const,
  )("refuses %s", async ([, answer, words]) => {
    await expect(raw(answer)).rejects.toThrow(failure("HTTP_FAILED", words));
  });

  it("takes no more of a body than it says", async () => {
    expect(await raw("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello, and more")).toBe("hello");
  });

  it("stops at the size limit", async () => {
    await expect(raw(`HTTP/1.1 200 OK\r\n\r\n${"a".repeat(5_000)}`, { maxBytes: 4_096 }, { hold: true })).rejects
      .toThrow(
        /more than 4096 bytes/,
      );
  });

  it("stops at a line without an end, but not at many lines", async () => {
    await expect(raw(`HTTP/1.1 200 OK\r\n\r\n${"a".repeat(5_000)}`, { maxLineBytes: 1_000 }, { hold: true })).rejects
      .toThrow(
        /line of more than 1000 bytes/,
      );
    const lines = `${"a".repeat(999)}\n`.repeat(50);
    expect(await raw(`HTTP/1.1 200 OK\r\ncontent-length: 50000\r\n\r\n${lines}`, { maxLineBytes: 1_000 })).toBe(lines);
  });

  it("counts what a compressed body unpacks to", async () => {
    const bomb = gzipSync(Buffer.alloc(4_000_000)).toString("latin1");
    await expect(raw(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n${bomb}`))
      .rejects.toThrow(
        /more than 1000000 bytes/,
      );
    const small = gzipSync(Buffer.from("hello")).toString("latin1");
    expect(await raw(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${small.length}\r\n\r\n${small}`))
      .toBe("hello");
  });
});

describe("deadlines", () => {
  test.for(
    [
      ["the first byte", 20_000, "", "no answer within 20 s"],
      ["the first byte of the body", 20_000, "HTTP/1.1 200 OK\r\n\r\n", "no answer within 20 s"],
      ["silence", 30_000, "HTTP/1.1 200 OK\r\n\r\nhello", "nothing for 30 s"],
    ] as const,
  )("end the wait for %s", async ([, ms, sent, words]) => {
    const timers = createHandTimers();
    const server = opened(await startRawServer((socket) => void socket.write(sent)));
    const read = get(createHttp({ timers }), `http://127.0.0.1:${server.port}/`, io()).then(text);
    const late = timers.fire(ms);
    await expect(read).rejects.toThrow(failure("HTTP_FAILED", new RegExp(words)));
    await late;
    await server.idle();
    expect(timers.pending).toEqual([]);
  });

  it("end a name lookup that never answers", async () => {
    const timers = createHandTimers();
    const http = createHttp({ timers, resolve: () => new Promise(() => undefined) });
    const waiting = get(http, "http://slow.example.test/", io());
    const late = timers.fire(10_000);
    await expect(waiting).rejects.toThrow(/no answer within 10 s/);
    await late;
  });

  it("do not run while a person decides", async () => {
    const timers = createHandTimers();
    const http = createHttp({ timers });
    const stop = new AbortController();
    const waiting = get(
      http,
      "http://127.0.0.1:1/",
      io({ signal: stop.signal, admit: () => new Promise(() => undefined) }),
    );
    expect(timers.pending).toEqual([]);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("cancelling", () => {
  test.for(["before it starts", "while waiting for the head", "in the middle of the body"] as const)(
    "closes the connection %s",
    async (moment) => {
      const stop = new AbortController();
      const server = opened(
        await startRawServer((socket) => {
          socket.write(moment === "while waiting for the head" ? "" : "HTTP/1.1 200 OK\r\n\r\nhello");
          if (moment === "while waiting for the head") stop.abort();
        }),
      );
      if (moment === "before it starts") stop.abort();
      const http = createHttp({ timers: systemTimers });
      async function read(): Promise<void> {
        const answer = await get(http, `http://127.0.0.1:${server.port}/`, io({ signal: stop.signal }));
        for await (const _ of answer.body()) stop.abort();
      }
      await expect(read()).rejects.toMatchObject({ code: "CANCELLED" });
      await server.idle();
      expect(server.connections).toBe(moment === "before it starts" ? 0 : 1);
    },
  );

  it("closes the connection when the reader leaves early, and when nobody reads", async () => {
    const server = opened(await startRawServer((socket) => void socket.write("HTTP/1.1 200 OK\r\n\r\nhello")));
    const http = createHttp({ timers: systemTimers });
    for await (const _ of (await get(http, `http://127.0.0.1:${server.port}/`, io())).body()) break;
    await server.idle();
    (await get(http, `http://127.0.0.1:${server.port}/`, io())).close();
    await server.idle();
    expect(server.connections).toBe(2);
  });
});

describe("proxy variables", () => {
  it("are ignored, also where the runtime would obey them", async () => {
    const server = opened(await startModelServer((_, response) => response.end("direct")));
    const proxy = opened(
      await startRawServer((socket) => socket.end("HTTP/1.1 502 Proxy\r\ncontent-length: 0\r\n\r\n")),
    );
    const where = `http://proxy-user:fake-password@127.0.0.1:${proxy.port}`;
    const code = `
      import { createHttp } from ${JSON.stringify(new URL("../../session/http.ts", import.meta.url).href)};
      import { targetOf } from ${JSON.stringify(new URL("../../session/http/target.ts", import.meta.url).href)};
      const http = createHttp({
        timers: { after: (ms, run) => { const t = setTimeout(run, ms); return () => clearTimeout(t); } },
        resolve: () => Promise.resolve(["127.0.0.1"]),
      });
      const limits = { connectMs: 5000, firstByteMs: 5000, silenceMs: 5000, maxBytes: 1000, maxLineBytes: null };
      const io = { signal: new AbortController().signal, limits, loopbackOnly: false, admit: async () => {}, credential: async () => null };
      const target = targetOf("http://api.example.test:${server.port}/");
      const answer = await http.exchange({ method: "GET", target, headers: [], body: null, hop: 0 }, io);
      for await (const piece of answer.body()) console.log(Buffer.from(piece).toString());
    `;
    const deno = "Deno" in globalThis;
    const output = await new Promise<string>((resolve, reject) => {
      const child = execFile(
        process.execPath,
        deno ? ["run", "-A", "--ext=ts", "-"] : ["--input-type=module", "-"],
        {
          cwd: new URL("../../", import.meta.url).pathname,
          env: {
            PATH: process.env["PATH"] ?? "",
            HOME: process.env["HOME"] ?? "",
            NODE_USE_ENV_PROXY: "1",
            HTTP_PROXY: where,
            http_proxy: where,
            HTTPS_PROXY: where,
            ALL_PROXY: where,
          },
        },
        (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(stderr))),
      );
      child.stdin?.end(code);
    });
    expect(output.trim()).toBe("direct");
    expect(proxy.connections).toBe(0);
    // Not only the connection: the request names no proxy and carries nothing that was meant for one.
    expect(server.requests[0]?.path).toBe("/");
    expect(server.requests[0]?.headers["proxy-authorization"]).toBeUndefined();
    expect(server.requests[0]?.headers["proxy-connection"]).toBeUndefined();
  });
});
