import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { Timers } from "../../../core/mod.ts";
import { createEgress } from "../../../sandbox/egress/egress-proxy.ts";
import { MAX_REQUESTS } from "../../../sandbox/egress/serve-client.ts";
import { onStop, rig } from "../rig.ts";
import { ask, authorized, desk, lease, leaseWith, NETWORK, origin, rules } from "./lab.ts";

describe("an attack on the egress proxy", () => {
  it("gains nothing by a Host header of its own", async () => {
    const r = rig();
    const { port, seen } = await origin();
    const given = await lease(r, `api.test:${port}`);
    const smuggled = `Host: other.test\r\nHost: metadata.test\r\nX-Forwarded-Host: a\r\n`;
    await ask(given, authorized(given, `GET http://api.test:${port}/`, smuggled));
    expect(seen).toEqual([
      `GET / HTTP/1.1\r\nHost: api.test:${port}\r\nX-Forwarded-Host: a\r\nConnection: close\r\n\r\n`,
    ]);
    expect(await ask(given, authorized(given, `GET http://other.test:${port}/`, `Host: api.test:${port}\r\n`)))
      .toContain("403");
  });

  it.for(
    [
      ["no body", "GET", "", ""],
      ["a length", "POST", "Content-Length: 4\r\n", "body"],
      ["chunks", "POST", "Transfer-Encoding: chunked\r\n", "4\r\nbody\r\n0\r\n\r\n"],
    ] as const,
  )("gets no second request through behind %s", async ([, method, header, body]) => {
    const r = rig();
    const { port, seen } = await origin();
    const { admit, asked } = desk();
    const given = await leaseWith(r, { allow: rules(`api.test:${port}`), admit });
    const second = `DELETE /everything HTTP/1.1\r\nHost: api.test\r\n\r\n`;
    const answer = await ask(
      given,
      `${authorized(given, `${method} http://api.test:${port}/`, header)}${body}${second}`,
    );
    expect(answer).toContain("hello");
    expect(seen.join("")).not.toContain("DELETE");
    expect(seen.join("").endsWith(`\r\n\r\n${body}`)).toBe(true);
    expect(asked.length).toBe(1);
  });

  it("sends nothing on behind broken chunks", async () => {
    const r = rig();
    const { port, seen } = await origin();
    const given = await lease(r, `api.test:${port}`);
    const head = authorized(given, `POST http://api.test:${port}/`, "Transfer-Encoding: chunked\r\n");
    await ask(given, `${head}4;ext=1\r\nbody\r\n0\r\n\r\n`);
    expect(seen.join("")).not.toContain("body");
  });

  it("is told of each redirect that leads away", async () => {
    const r = rig();
    const inner = await origin();
    const { admit, asked } = desk();
    const given = await leaseWith(r, { allow: rules("api.test:1"), admit });
    // What a client does that follows a redirect of an allowed host.
    for (const away of [`http://other.test:${inner.port}/`, "http://metadata.test/latest", "http://127.0.0.1:22/"]) {
      expect(await ask(given, authorized(given, `GET ${away}`))).toContain("403 Forbidden");
    }
    expect(asked.map(({ refused }) => refused)).toEqual([
      expect.stringContaining("not among the hosts"),
      expect.stringContaining("not among the hosts"),
      expect.stringContaining("not among the hosts"),
    ]);
    // Names that no call has named are not even looked up: a question to a name server leaves the machine, too.
    expect(asked.map(({ addresses }) => addresses)).toEqual([null, null, null]);
    expect(inner.seen).toEqual([]);
  });

  it("is judged again each time a name is looked up", async () => {
    const r = rig();
    const { port, seen } = await origin();
    const answers = [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1", "10.0.0.1"], ["not an address"], []];
    const network = { resolve: () => Promise.resolve(answers.shift() ?? []) };
    const given = await leaseWith(r, { allow: rules(`api.test:${port}`), network });
    const line = `GET http://api.test:${port}/`;
    expect(await ask(given, authorized(given, line))).toContain("hello");
    for (let i = 0; i < 4; i++) expect(await ask(given, authorized(given, line))).toContain("403");
    expect(seen.length).toBe(1);
  });

  it("connects to the address that was judged, not to the name", async () => {
    const r = rig();
    const { port, seen } = await origin();
    let looks = 0;
    const network = { resolve: () => Promise.resolve(++looks === 1 ? ["127.0.0.1"] : ["10.255.255.1"]) };
    const given = await leaseWith(r, { allow: rules(`rebind.test:${port}`), network });
    expect(await ask(given, authorized(given, `GET http://rebind.test:${port}/`))).toContain("hello");
    expect([looks, seen.length]).toEqual([1, 1]);
  });

  it.each(["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])(
    "gains nothing by writing an address as %s",
    async (odd) => {
      const r = rig();
      const { port, seen } = await origin();
      const { admit, asked } = desk();
      const given = await leaseWith(r, { allow: rules(`api.test:${port}`, `127.0.0.1:${port}`), admit });
      expect(await ask(given, authorized(given, `GET http://${odd}:${port}/`))).toContain("403");
      expect([seen, asked.length]).toEqual([[], 1]);
    },
  );

  it("is cut off after a while when it never says what it wants", async () => {
    const r = rig();
    const waits: (() => void)[] = [];
    const timers: Timers = {
      after(_, run) {
        waits.push(run);
        return () => void waits.splice(waits.indexOf(run), 1);
      },
    };
    const given = await createEgress({ ...r.deps, timers }, NETWORK).lease({} as never, rules("api.test:1"), desk());
    onStop(() => void given.close());
    const slow = connect(given.socket);
    slow.on("error", () => {});
    slow.write("GET http://api.test:1/ HTTP/1.1\r\nA: ");
    while (waits.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const closed = new Promise((resolve) => slow.once("close", () => resolve("closed")));
    for (const run of waits) run();
    expect(await closed).toBe("closed");
  });

  it("cannot hold more than so many connections", async () => {
    const r = rig();
    const given = await lease(r, "api.test:1");
    const open = Array.from({ length: 200 }, () => connect(given.socket));
    const ended = await new Promise<number>((resolve) => {
      let count = 0;
      for (const socket of open) {
        socket.on("error", () => {});
        socket.once("close", () => ++count === 72 && resolve(count));
      }
    });
    expect(ended).toBe(72);
    for (const socket of open) socket.destroy();
  });

  it("is refused a head that does not end, whether in one header or in many", async () => {
    const r = rig();
    const given = await lease(r, "api.test:1");
    const many = Array.from({ length: 2000 }, (_, at) => `X-${at}: 1\r\n`).join("");
    for (const more of [`X: ${"x".repeat(30_000)}\r\n`, many]) {
      expect(await ask(given, authorized(given, "GET http://api.test:1/", more))).toContain("400 Bad Request");
    }
  });

  it("cannot fill the record", async () => {
    const r = rig();
    const { admit, asked } = desk();
    const given = await leaseWith(r, { allow: rules("api.test:1"), admit });
    const line = authorized(given, "GET http://other.test/");
    for (let i = 0; i < MAX_REQUESTS; i += 20) {
      await Promise.all(Array.from({ length: 20 }, () => ask(given, line)));
    }
    expect(await ask(given, line)).toContain("429 Too Many Requests");
    expect(asked.length).toBe(MAX_REQUESTS);
    expect(await given.close()).toMatchObject({ requests: MAX_REQUESTS + 1, denied: MAX_REQUESTS + 1 });
  });

  it("goes nowhere when nobody can decide", async () => {
    const r = rig();
    const { port, seen } = await origin();
    const given = await leaseWith(r, {
      allow: rules(`api.test:${port}`),
      admit: () => Promise.reject(new TypeError("broken")),
    });
    expect(await ask(given, authorized(given, `GET http://api.test:${port}/`))).toContain("403");
    expect(seen).toEqual([]);
  });

  it("ends with its record when the command ends", async () => {
    const r = rig();
    const { port } = await origin();
    const { admit, ended } = desk();
    const given = await leaseWith(r, { allow: rules(`api.test:${port}`), admit });
    const socket = connect(given.socket);
    socket.on("error", () => {});
    socket.write(authorized(given, `CONNECT api.test:${port}`));
    await new Promise((resolve) => socket.once("data", resolve));
    await given.close();
    expect(ended).toMatchObject([{ reached: true }]);
  });
});
