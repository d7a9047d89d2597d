import { describe, expect, it, test } from "vitest";
import { UserInfoPass } from "../../../core/scanner/user-info-pass.ts";
import { ByteWindow } from "../../../core/scanner/window.ts";
import { text, utf8 } from "../../support/core-rig.ts";

function found(source: string): readonly string[] {
  const pass = new UserInfoPass();
  const window = new ByteWindow(utf8(source));
  pass.run(window, true);
  return pass.spans.map((span) => text(window.slice(span.start, span.end)));
}

describe("UserInfoPass", () => {
  test.for<readonly [string, readonly string[]]>([
    ["https://me:pw@host/x", ["me:pw"]],
    ["https://me@host", ["me"]],
    ["ssh://git@github.com/x", ["git"]],
    ["postgres://u:p@ss@db:5432/x", ["u:p@ss"]],
    ["git clone https://tok@a.b/c https://other@d.e", ["tok", "other"]],
    ["https:\\/\\/me:pw@host\\/x", ["me:pw"]],
    ['{"u":"https://me:pw@host"}', ["me:pw"]],
    ["https://me:it's@host", ["me:it's"]],
    ["https://m\u00e9:p\u00e9@host", ["m\u00e9:p\u00e9"]],
    ["https://host/a@b", []],
    ["https://host?q=a@b", []],
    ["https://host#a@b", []],
    ["https://host a@b", []],
    ['"https://a.b","me@c.d"', []],
    ["https://a.b\\me@c", []],
    ["https://@host", []],
    ["://", []],
    ["a:b@c", []],
    ["me@host", []],
    ["https:/me@host", []],
    ["", []],
  ])("%j", ([source, expected]) => expect(found(source)).toEqual(expected));

  it("looks no further than 8192 bytes", () => {
    expect(found(`https://${"a".repeat(8191)}@host`)).toHaveLength(1);
    expect(found(`https://${"a".repeat(8192)}@host`)).toHaveLength(0);
  });

  test.for<readonly [string, string]>([
    ["schemes", "://".repeat(400_000)],
    ["colons", `${":".repeat(1_000_000)}@`],
    ["at signs", "@".repeat(1_000_000)],
    ["both", ":@".repeat(500_000)],
    ["starts without end", "a://b".repeat(200_000)],
    ["one sign at the end of each page", `${":".repeat(8100)}@`.repeat(120)],
  ])("is linear on many %s", ([, source]) => {
    const start = performance.now();
    found(source);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
