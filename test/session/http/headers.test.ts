import { check, property, string } from "fast-check";
import { describe, expect, it, test } from "vitest";
import { SecretBytes } from "../../../core/mod.ts";
import { checkHeaders, headerOfSlot, secretHeader } from "../../../session/http/headers.ts";

function secret(text: string): SecretBytes {
  return new SecretBytes(Buffer.from(text));
}

describe("checkHeaders()", () => {
  it("lower-cases names and keeps values", () => {
    expect(checkHeaders([["X-A", "1"], ["Accept", "text/plain"]])).toEqual([["x-a", "1"], ["accept", "text/plain"]]);
  });

  test.for(
    [
      ["a line end in a value", "x-a", "1\r\nhost: evil"],
      ["a line feed in a value", "x-a", "1\nx: y"],
      ["a zero byte", "x-a", "a\0b"],
      ["letters beyond ASCII", "x-a", "ü"],
      ["a line end in a name", "x\r\na", "1"],
      ["a blank in a name", "x a", "1"],
      ["a colon in a name", "x:a", "1"],
      ["an empty name", "", "1"],
      ["the host", "Host", "evil.example"],
      ["the length", "Content-Length", "0"],
      ["the framing", "Transfer-Encoding", "chunked"],
      ["an upgrade", "upgrade", "h2c"],
      ["a proxy header", "Proxy-Authorization", "x"],
      ["a browser header", "Sec-Fetch-Site", "none"],
      ["an expectation", "expect", "100-continue"],
    ] as const,
  )("refuses %s", ([, name, value]) => {
    expect(() => checkHeaders([[name, value]])).toThrow(expect.objectContaining({ code: "ARGS_INVALID" }));
  });

  it("refuses a name given twice, too many and too much", () => {
    expect(() => checkHeaders([["x-a", "1"], ["X-A", "2"]])).toThrow(/given twice/);
    expect(() => checkHeaders(Array.from({ length: 33 }, (_, index) => [`x-${index}`, "1"] as const))).toThrow(
      /at most 32/,
    );
    expect(() => checkHeaders([["x-a", "a".repeat(17_000)]])).toThrow(/16384 bytes/);
  });

  it("lets nothing through that could end a line", () => {
    const outcome = check(
      property(string({ maxLength: 20 }), string({ maxLength: 20 }), (name, value) => {
        try {
          const [header] = checkHeaders([[name, value]]);
          return header !== undefined && /^[!-~]+$/.test(header[0]) && /^[ -~\t]*$/.test(header[1]);
        } catch {
          return true;
        }
      }),
      { seed: 20251120, numRuns: 300 },
    );
    expect(outcome.counterexample).toBeNull();
  });
});

describe("secretHeader()", () => {
  test.for(
    [
      ["bearer", null, ["authorization", "Bearer fake-1234"]],
      ["basic:me", null, ["authorization", `Basic ${Buffer.from("me:fake-1234").toString("base64")}`]],
      ["header:X-Api-Key", null, ["x-api-key", "fake-1234"]],
      ["header:private-token", "token {}", ["private-token", "token fake-1234"]],
      ["bearer", "ignored {}", ["authorization", "Bearer fake-1234"]],
    ] as const,
  )("fills %s", ([inject, format, expected]) => {
    expect(secretHeader({ inject, format }, secret("fake-1234"))).toEqual(expected);
  });

  test.for(["", "a\nb", "a\rb", "a\0b", "ü", "a\tb"])("refuses the value %j and does not repeat it", (value) => {
    expect(() => secretHeader({ inject: "bearer", format: null }, secret(value))).toThrow(
      expect.objectContaining({
        code: "SECRET_PLACE",
        message: "Cannot use secret: the value cannot stand in a header",
      }),
    );
  });

  test.for([
    "env:X",
    "component:b2:00",
    "header:host",
    "header:proxy-authorization",
    "header:sec-x",
    "header:a b",
    "basic:a:b",
    "",
    "Bearer",
  ])(
    "refuses the slot %j",
    (inject) => {
      expect(headerOfSlot(inject)).toBeNull();
      expect(() => secretHeader({ inject, format: null }, secret("fake-1234"))).toThrow(
        expect.objectContaining({ code: "SECRET_PLACE" }),
      );
    },
  );

  test.for(["none", "{}{}", "a\n{}"])("refuses the format %j", (format) => {
    expect(() => secretHeader({ inject: "header:x-a", format }, secret("fake-1234"))).toThrow(/exactly one/);
  });
});
