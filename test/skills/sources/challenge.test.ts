import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseChallenge } from "../../../skills/sources/challenge.ts";

const REALM = "https://auth.example.com/token";

describe("parseChallenge()", () => {
  test.for(
    [
      [`Bearer realm="${REALM}"`, null],
      [`Bearer realm="${REALM}",service="registry.example.com"`, "registry.example.com"],
      [`bearer  realm="${REALM}" , service=plain ,scope="repository:a/b:pull"`, "plain"],
      [`Bearer service="a, b=c",realm="${REALM}"`, "a, b=c"],
      [`Basic realm="somewhere", Bearer realm="${REALM}"`, null],
      [`Bearer realm="${REALM}", Basic realm="somewhere"`, null],
      [`Bearer realm="${REALM}",error="insufficient_scope"`, null],
    ] as const,
  )("reads %s", ([header, service]) => {
    expect(parseChallenge(header)).toEqual({ kind: "bearer", realm: REALM, service });
  });

  it.for(["", 'Basic realm="x"', "Negotiate", 'NotBearer realm="x"', 'Basic realm="Bearer x"'])(
    "finds no token in %j",
    (header) => expect(parseChallenge(header)).toEqual({ kind: "none" }),
  );

  it.for([
    'Bearer service="x"',
    'Bearer realm=""',
    `Bearer realm="${REALM}",realm="https://other.example"`,
    `Bearer realm="${REALM}`,
    `Bearer realm="a\\"b"`,
    `Bearer realm="${REALM}" service="x"`,
    `Bearer realm="https://a.example/\u001b[2J"`,
    `Bearer realm="https://a.example/\r\nx: y"`,
    `Bearer realm="https://ä.example"`,
    `Bearer realm="${"x".repeat(5000)}"`,
  ])("refuses %j", (header) => expect(parseChallenge(header)).toMatchObject({ kind: "bad" }));

  it("gives a printable place or a reason for whatever stands there", () => {
    const word = fc.constantFrom(
      "Bearer ",
      "Basic ",
      "realm=",
      "service=",
      '"',
      ",",
      "=",
      "\\",
      " ",
      REALM,
      "x",
      "\u0000",
      "é",
    );
    const text = fc.array(fc.oneof(word, fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 30 });
    const holds = fc.property(text, (words) => {
      const challenge = parseChallenge(words.join(""));
      return challenge.kind !== "bearer" || /^[\t\x20-\x7e]+$/u.test(challenge.realm);
    });
    expect(fc.check(holds, { seed: 20261121, numRuns: 1000 })).toMatchObject({ failed: false });
  });
});
