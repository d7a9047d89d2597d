import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileHostGlob, matchHost } from "../../../policy/host-glob.ts";
import { compilePathGlob, matchPath } from "../../../policy/path-glob.ts";
import { createGlobs, type GlobKind, USUAL_ROOTS } from "../../../policy/regions/globs.ts";
import { matchText } from "../../../policy/text-glob.ts";

const globs = createGlobs(USUAL_ROOTS);

/** The engine's own matchers: what comparisons must agree with. */
function matches(kind: GlobKind, glob: string, text: string): boolean {
  switch (kind) {
    case "path":
      return matchPath(compilePathGlob(glob, USUAL_ROOTS), text === "" ? "/" : text);
    case "host":
      return matchHost(compileHostGlob(glob), text);
    case "text":
      return matchText(glob, text);
    default:
      return kind satisfies never;
  }
}

describe("covers()", () => {
  it.for(
    [
      ["path", ["**"], ["${project}/**"], true],
      ["path", ["/**"], ["${home}/**", "${tmp}/x"], true],
      ["path", ["${home}/**"], ["${project}/src/*.ts"], true],
      ["path", ["${project}/**"], ["${home}/**"], false],
      ["path", ["${project}/**"], ["${project}"], true],
      ["path", ["${project}/*"], ["${project}/a/b"], false],
      ["path", ["**/.env"], ["${project}/.env", "${project}/**/.env"], true],
      ["path", ["**/.env"], ["${project}/.env.local"], false],
      ["path", ["**/.env.*"], ["${project}/**/.env.local"], true],
      ["path", ["**/*.pem"], ["${project}/**/key?.pem"], true],
      ["path", ["${project}/a*/**"], ["${project}/ab*/c"], true],
      ["path", ["${project}/src/**", "${project}/test/**"], ["${project}/src/a", "${project}/test"], true],
      // Neither of the two alone covers it, both together do.
      ["path", ["${project}/*/a", "${project}/**/b/*"], ["${project}/b/a"], true],
      ["path", ["**/a/**/b"], ["/a/b", "/x/a/y/z/b"], true],
      ["path", ["/a/**/b"], ["/a/b/c"], false],
      ["host", ["*.example.com"], ["docs.example.com"], true],
      ["host", ["*.example.com"], ["a.b.example.com", "example.com"], false],
      ["host", ["**.example.com"], ["*.example.com", "*.*.example.com", "a.b.example.com"], true],
      ["host", ["**.example.com"], ["example.com"], false],
      ["text", ["npm:*"], ["npm:left-*"], true],
      ["text", ["npm:*"], ["*"], false],
      ["text", ["a?c"], ["abc"], true],
      ["text", ["*a*"], ["ba?"], true],
      ["text", [], ["a"], false],
      ["text", ["a"], [], true],
    ] as const,
  )("%s %j covers %j: %s", ([kind, outer, inner, expected]) => {
    expect(globs.covers(kind, outer, inner)).toBe(expected);
  });
});

describe("disjoint()", () => {
  it.for(
    [
      ["path", ["${project}/src/**"], ["${project}/test/**"], true],
      ["path", ["**/.env"], ["${project}/**"], false],
      ["path", ["**/*.pem"], ["**/*.key"], true],
      ["path", ["**/a*"], ["**/*b"], false],
      ["path", ["**/secrets/**"], ["**/*.ts"], false],
      ["host", ["*.example.com"], ["*.example.org"], true],
      ["host", ["**.example.com"], ["docs.example.com"], false],
      ["text", ["generated:*"], ["npm:*"], true],
      ["text", ["*"], ["x"], false],
    ] as const,
  )("%s %j and %j: %s", ([kind, a, b, expected]) => {
    expect(globs.disjoint(kind, a, b)).toBe(expected);
    expect(globs.disjoint(kind, b, a)).toBe(expected);
  });
});

describe("what is found agrees with the engine's matchers", () => {
  const segment = fc.constantFrom("a", "b", ".env", "*", "**", "a*", "*b", "?", "a?b", "*.ts");
  const path = fc.tuple(fc.constantFrom("", "${project}", "${home}"), fc.array(segment, { minLength: 1, maxLength: 4 }))
    .map(([root, parts]) => `${root}/${parts.join("/")}`);
  const host = fc.tuple(
    fc.constantFrom("", "*.", "**.", "a.", "*.a.", "**.*."),
    fc.constantFrom("example.com", "a.example.com"),
  )
    .map((parts) => parts.join(""));
  const text = fc.array(fc.constantFrom("a", "b", "*", "?", "-", ":"), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join(""));

  it.for([["path", path], ["host", host], ["text", text]] as const)("%s", ([kind, glob]) => {
    const { counterexample } = fc.check(
      fc.property(
        fc.array(glob, { minLength: 1, maxLength: 3 }),
        fc.array(glob, { maxLength: 3 }),
        (inside, outside) => {
          const found = globs.sample(kind, inside, outside);
          if (found === null) return true;
          return inside.every((one) => matches(kind, one, found)) && outside.every((one) => !matches(kind, one, found));
        },
      ),
      { numRuns: 1500, seed: 21 },
    );
    expect(counterexample).toBeNull();
  });

  it.for([["path", path], ["host", host], ["text", text]] as const)("%s: nothing escapes a cover", ([kind, glob]) => {
    const { counterexample } = fc.check(
      fc.property(glob, fc.array(glob, { minLength: 1, maxLength: 3 }), glob, (inner, outer, other) => {
        if (!globs.covers(kind, outer, [inner])) return true;
        // Any text of the inner one that the search can make lies in the cover by the engine's own matchers.
        return [[], [other]].flatMap((more) => globs.sample(kind, [inner, ...more], []) ?? [])
          .every((found) => outer.some((one) => matches(kind, one, found)));
      }),
      { numRuns: 1500, seed: 22 },
    );
    expect(counterexample).toBeNull();
  });

  it("gives up in bounded time on globs made to multiply", () => {
    const start = performance.now();
    const hostile = Array.from({ length: 6 }, (_, at) => `**/${"*a?".repeat(20)}${at}*/**/${"?b*".repeat(20)}`);
    expect(globs.covers("path", hostile.slice(1), hostile.slice(0, 1))).toBe(false);
    expect(performance.now() - start).toBeLessThan(30_000);
  });
});
