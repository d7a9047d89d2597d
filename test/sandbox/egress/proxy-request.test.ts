import { array, assert as check, constantFrom, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHost } from "../../../sandbox/egress/egress.ts";
import { headEnd, originHead, parseProxyRequest } from "../../../sandbox/egress/proxy-request.ts";
import { SCALE } from "../rig.ts";

function parse(text: string): ReturnType<typeof parseProxyRequest> {
  return parseProxyRequest(Buffer.from(text, "latin1"));
}

function headOf(text: string): string {
  const request = parse(text);
  if (request === null || request.plain === null) return "";
  return originHead({ ...request, plain: request.plain }, request.plain.headers).toString("latin1");
}

describe("parseProxyRequest()", () => {
  it("reads a tunnel", () => {
    expect(parse("CONNECT Example.com.:443 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic abc\r\n\r\n")).toEqual({
      method: "CONNECT",
      host: "example.com",
      port: 443,
      authorization: "Basic abc",
      plain: null,
    });
  });

  it("sends plain HTTP on with the origin's own host, without what was meant for the proxy", () => {
    const head = headOf(
      "GET http://Example.com/a?b HTTP/1.1\r\nHost: evil.test\r\nProxy-Authorization: Basic abc\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n",
    );
    expect(head).toBe("GET /a?b HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    expect(headOf("POST http://example.com:8080 HTTP/1.0\r\n\r\n")).toBe(
      "POST / HTTP/1.1\r\nHost: example.com:8080\r\nConnection: close\r\n\r\n",
    );
    expect(headOf("GET http://example.com?x HTTP/1.1\r\n\r\n")).toContain("GET /?x HTTP/1.1");
  });

  it.each([
    "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "GET https://example.com/ HTTP/1.1\r\n\r\n",
    "GET http://user@example.com/ HTTP/1.1\r\n\r\n",
    "GET http://example.com/ HTTP/2\r\n\r\n",
    "get http://example.com/ HTTP/1.1\r\n\r\n",
    "GET  http://example.com/ HTTP/1.1\r\n\r\n",
    "GET http://example.com/\u0000 HTTP/1.1\r\n\r\n",
    "GET http://example.com/ HTTP/1.1\nHost: x\r\n\r\n",
    "GET http://example.com/ HTTP/1.1\r\nA: b\rc\r\n\r\n",
    "GET http://example.com/ HTTP/1.1\r\n folded: x\r\n\r\n",
    "GET http://example.com/ HTTP/1.1\r\nA : b\r\n\r\n",
    "GET http://example.com/ HTTP/1.1\r\nnocolon\r\n\r\n",
    "GET http://[::1]/ HTTP/1.1\r\n\r\n",
    "POST http://example.com/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "POST http://example.com/ HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
    "POST http://example.com/ HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
    "POST http://example.com/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST http://example.com/ HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "POST http://example.com/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "CONNECT example.com HTTP/1.1\r\n\r\n",
    "CONNECT example.com:0 HTTP/1.1\r\n\r\n",
    "CONNECT example.com:99999 HTTP/1.1\r\n\r\n",
    "CONNECT exa mple.com:443 HTTP/1.1\r\n\r\n",
    "\r\n\r\n",
  ])("refuses %j", (text) => expect(parse(text)).toBeNull());

  it("never throws, and gives no head with a line of its own making", () => {
    const piece = constantFrom(
      "GET ",
      "CONNECT ",
      "http://a.b/",
      "a.b:1",
      " HTTP/1.1",
      "\r\n",
      "\n",
      "Host: x",
      ": ",
      "\0",
      "\r",
      "é",
    );
    check(
      property(array(piece, { maxLength: 12 }), string({ maxLength: 20 }), (pieces, noise) => {
        const text = `${pieces.join("")}${noise}\r\n\r\n`;
        const bytes = Buffer.from(text, "latin1");
        const lines = headOf(bytes.subarray(0, headEnd(bytes)).toString("latin1")).split("\r\n");
        expect(lines.every((line) => !/[\r\n\0]/.test(line))).toBe(true);
      }),
      { seed: 13, numRuns: 1000 * SCALE },
    );
  });
});

describe("parseHost()", () => {
  it.each([
    ["example.com:443", "example.com"],
    ["EXAMPLE.com.:443", "example.com"],
    ["1.2.3.4:443", "1.2.3.4"],
  ])("%s", (text, host) => expect(parseHost(text)).toMatchObject({ host, port: 443 }));

  it.each([
    "",
    "example.com",
    ":443",
    "a..b:1",
    "-a:1",
    "a-:1",
    "a:0",
    "a:65536",
    "a b:1",
    "a:1:2",
    "[::1]:443",
    "*.a:1",
  ])("refuses %j", (text) => {
    expect(parseHost(text)).toBeNull();
  });
});
