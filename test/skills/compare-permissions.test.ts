import fc from "fast-check";
import { beforeAll, describe, expect, it, test } from "vitest";
import { loadSodium, type SkillPermissions } from "../../core/mod.ts";
import { comparePermissions, permissionsCover } from "../../skills/compare-permissions.ts";
import { globsCover } from "../../skills/glob-cover.ts";
import { permissionLines, withoutAtoms } from "../../skills/permission-lines.ts";
import type { PermissionSource } from "../../skills/permission-source.ts";
import { compilePermissions } from "../../skills/permissions.ts";
import { matchSkillGlob } from "../../policy/skill-glob.ts";

beforeAll(async () => void await loadSodium());

function wasm(source: Partial<PermissionSource> = {}): SkillPermissions {
  return compilePermissions({ runtime: "wasm-sandbox", world: "az:host/tool@0.3.0", ...source });
}

function changes(before: SkillPermissions, after: SkillPermissions): readonly string[] {
  return comparePermissions(before, after).changes.map(({ change, line }) => `${change} ${line.key} ${line.text}`);
}

describe("globsCover()", () => {
  test.for(
    [
      [["data/**"], "data/**", true],
      [["data/**"], "data/*.csv", true],
      [["data/**"], "data/a/b.csv", true],
      [["data/**"], "data", true],
      [["data/*"], "data/**", false],
      [["data/**.csv"], "data/*.csv", true],
      [["data/*.csv"], "data/**.csv", false],
      [["**"], "a/b/**", true],
      [["**"], ".env", false],
      [["**"], "a/.env", false],
      [["**/*"], "**", false],
      [["*", "*/**"], "**/x", true],
      [["a*", "b*"], "a1", true],
      [["a*", "b*"], "*", false],
      [["a*c"], "abc", true],
      [["a*b*c"], "a*c", false],
      [["a*c"], "a*b*c", true],
      [["*.csv", "*.txt"], "*.c*v", false],
      [["out/**"], "outer/x", false],
      [[], "a", false],
      [["a/**/b"], "a/x/b", true],
      [["a/**/b"], "a/b", false],
      [["a**b"], "a/x/b", true],
      [["**"], "**/**", true],
      [["README.md"], "README.md", true],
      [["README.md"], "readme.md", false],
    ] as const,
  )("%s over %s: %s", ([wide, glob, covered]) => expect(globsCover(wide, glob)).toBe(covered));

  const part = fc.constantFrom("a", "b", ".", "*", "**", "/", "ab");
  const glob = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("").replaceAll("***", "*"))
    .filter((text) => !/\/\/|^\/|\/$|\*{3}|(?:^|\/)\.{1,2}(?:\/|$)/.test(text));
  const path = fc.array(fc.constantFrom("a", "b", "ab", ".a", "a.b", "c"), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join("/"));

  it("is never wrong about a path", () => {
    fc.assert(
      fc.property(fc.array(glob, { maxLength: 2 }), glob, path, (wide, narrow, at) => {
        if (!globsCover(wide, narrow) || !matchSkillGlob(narrow, at)) return;
        expect(wide.some((one) => matchSkillGlob(one, at))).toBe(true);
      }),
      { seed: 8, numRuns: 1_500 },
    );
  });

  it("finds what is covered: itself, and itself among others", () => {
    fc.assert(
      fc.property(glob, glob, (a, b) => {
        expect(globsCover([a], a)).toBe(true);
        expect(globsCover([b, "**x", a], a)).toBe(true);
      }),
      { seed: 8, numRuns: 300 },
    );
  });

  it("says no in time where the answer would take for ever", () => {
    const start = performance.now();
    const wide = Array.from({ length: 12 }, (_, i) => `${"*a".repeat(i + 2)}**b*${"c*".repeat(i)}d`);
    expect(globsCover(wide, `${"**a*b".repeat(40)}**`)).toBe(false);
    const many = Array.from({ length: 64 }, (_, i) => `${"**x*y".repeat(150)}${i}`);
    expect(globsCover(many, `**${"abcdefghijklmnop*".repeat(50)}x*`)).toBe(false);
    expect(performance.now() - start).toBeLessThan(60_000);
  });
});

describe("comparePermissions()", () => {
  test.for(
    [
      ["the same", { "fs.read": "workspace:a" }, { "fs.read": "workspace:a" }, "equal", []],
      [
        "the same, written otherwise",
        { "fs.read": "workspace:** workspace:a" },
        { "fs.read": "workspace:**" },
        "equal",
        [],
      ],
      ["a narrower glob", { "fs.read": "workspace:**" }, { "fs.read": "workspace:a" }, "narrower", [
        "narrower fs.read workspace:**",
      ]],
      ["a wider glob", { "fs.read": "workspace:a/*" }, { "fs.read": "workspace:a/**" }, "wider", [
        "wider fs.read workspace:a/**",
      ]],
      ["another root", { "fs.read": "scratch:**" }, { "fs.read": "workspace:**" }, "wider", [
        "wider fs.read workspace:**",
        "narrower fs.read scratch:**",
      ]],
      ["reading that becomes writing", { "fs.read": "workspace:a" }, { "fs.write": "workspace:a" }, "wider", [
        "wider fs.write workspace:a",
        "narrower fs.read workspace:a",
      ]],
      [
        "one more host",
        { net: "GET https://a.example:443/**" },
        { net: "GET https://a.example:443/** GET https://b.example:443/**" },
        "wider",
        ["wider net GET https://b.example:443/**"],
      ],
      [
        "one more method",
        { net: "GET https://a.example:443/**" },
        { net: "GET,POST https://a.example:443/**" },
        "wider",
        [
          "wider net GET,POST https://a.example:443/**",
        ],
      ],
      [
        "methods of two atoms in one",
        { net: "GET https://a.example:443/** POST https://a.example:443/x/**" },
        { net: "GET,POST https://a.example:443/x/**" },
        "narrower",
        ["narrower net GET https://a.example:443/**"],
      ],
      ["another port", { net: "GET https://a.example:443/" }, { net: "GET https://a.example:8443/" }, "wider", [
        "wider net GET https://a.example:8443/",
        "narrower net GET https://a.example:443/",
      ]],
      [
        "another slot",
        { net: "GET https://a.example:443/", secret: "g/t -> https://a.example:443 bearer" },
        { net: "GET https://a.example:443/", secret: "g/t -> https://a.example:443 header:x" },
        "wider",
        [
          "wider secret handle://vault/g/t -> https://a.example:443 header:x",
          "narrower secret handle://vault/g/t -> https://a.example:443 bearer",
        ],
      ],
      ["a higher limit", { limits: "wall-ms=5000" }, { limits: "wall-ms=6000" }, "wider", [
        "wider limits wall-ms=6000",
      ]],
      ["a lower limit", { limits: "wall-ms=6000" }, { limits: "wall-ms=5000" }, "narrower", [
        "narrower limits wall-ms=6000",
      ]],
      ["a limit that is no longer named", { limits: "wall-ms=5000" }, {}, "wider", ["wider limits wall-ms=10000"]],
      ["a limit below the default", {}, { limits: "wall-ms=5000" }, "narrower", ["narrower limits wall-ms=10000"]],
      ["the default, named", {}, { limits: "wall-ms=10000" }, "equal", []],
      [
        "one more import of the world",
        {},
        { world: "az:host/tool@0.3.0 wasi:clocks@0.2" },
        "wider",
        ["wider world az:host/tool@0.3.0 wasi:clocks@0.2"],
      ],
    ] as const,
  )("%s is %s", ([, before, after, relation, expected]) => {
    expect(comparePermissions(wasm(before), wasm(after)).relation).toBe(relation);
    expect(
      changes(wasm(before), wasm(after)).map((text) => text.replace(/^narrower limits wall-ms=\d+$/, (all) => all)),
    )
      .toEqual(expected);
  });

  it("calls another tier wider, but text that runs nothing narrower", () => {
    const supervised = compilePermissions({ runtime: "host-supervised", exec: "skill:a.sh" });
    const text = compilePermissions({ runtime: "none" });
    expect(comparePermissions(wasm(), supervised).relation).toBe("wider");
    expect(comparePermissions(supervised, wasm()).relation).toBe("wider");
    expect(comparePermissions(text, wasm()).relation).toBe("wider");
    expect(comparePermissions(wasm(), text).relation).toBe("narrower");
    expect(permissionsCover(supervised, compilePermissions({ runtime: "host-supervised", exec: "skill:b.sh" }))).toBe(
      false,
    );
    expect(
      permissionsCover(supervised, compilePermissions({ runtime: "host-supervised", exec: "skill:a.sh tool:git" })),
    )
      .toBe(false);
  });
});

describe("withoutAtoms()", () => {
  it("leaves out what was struck off, and a secret whose origin is gone", () => {
    const asked = wasm({
      "fs.read": "workspace:a workspace:b",
      net: "GET https://a.example:443/** GET https://b.example:443/**",
      secret: "g/t -> https://a.example:443 bearer",
    });
    const struck = permissionLines(asked).filter(({ text }) => /workspace:b|a\.example:443\/\*\*/.test(text));
    const granted = withoutAtoms(asked, struck);
    expect(granted["fs.read"]).toEqual(["workspace:a"]);
    expect(granted.net.map(({ origin }) => origin)).toEqual(["https://b.example:443"]);
    expect(granted.secret).toEqual([]);
    expect(comparePermissions(asked, granted).relation).toBe("narrower");
  });
});
