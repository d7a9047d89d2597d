import * as fc from "fast-check";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { compilePathGlob, matchPath } from "../../policy/path-glob.ts";
import { foldPath } from "../../policy/path-syntax.ts";
import { ROOTS, scaled, SEED } from "./rig.ts";

type Picomatch = (
  glob: string,
  options: { readonly dot: boolean; readonly windows: boolean },
) => (path: string) => boolean;
// The package has no types of its own.
const picomatch = createRequire(import.meta.url)("picomatch") as Picomatch;

// Somebody else's matcher on what both know: literals, `*` and `?` in a name, `**` as a whole segment, dotfiles match.
// No more than two `*` in a name: its expressions take time that grows fast with them. No `$` and `^`:
// it does not take two of them in a row for letters (`a*$$a` does not match `a$$a` there).
const letters = fc.constantFrom("a", "b", "A", ".", "-", "_", "~", "@", "+", "7", " ", "ü", ",", ":", "=");
const names = fc.string({ unit: letters, minLength: 1, maxLength: 5 }).filter((name) => name !== "." && name !== "..");
const part = fc.string({ unit: letters, maxLength: 3 });
const segment = fc.oneof(
  { weight: 4, arbitrary: names },
  { weight: 2, arbitrary: fc.constant("**") },
  { weight: 1, arbitrary: fc.constant("*") },
  { weight: 4, arbitrary: fc.tuple(part, fc.constantFrom("*", "?"), part, fc.constantFrom("*", "?", ""), part) },
).map((made) => typeof made === "string" ? made : made.join(""));
const globs = fc.array(segment.filter((made) => made === "**" || !made.includes("**")), { minLength: 1, maxLength: 5 });

describe("matchPath() beside picomatch", () => {
  it("says the same on the common dialect", () => {
    let matched = 0;
    fc.assert(
      fc.property(
        globs.chain((segments) => fc.tuple(fc.constant(segments), pathFor(segments))),
        ([segments, path]) => {
          fc.pre(path !== "/");
          const glob = `/${segments.join("/")}`;
          const ours = matchPath(compilePathGlob(glob, ROOTS), foldPath(path, false));
          expect(`${glob} on ${path}: ${ours}`).toBe(`${glob} on ${path}: ${theirs(glob, path)}`);
          if (ours) matched++;
        },
      ),
      { seed: SEED, numRuns: scaled(3_000) },
    );
    // Two matchers that both say no to everything would agree too.
    expect(matched).toBeGreaterThan(scaled(3_000) / 5);
  });
});

/** A path that the glob likely matches: each wildcard filled in, then sometimes one name changed, added or left out. */
function pathFor(segments: readonly string[]): fc.Arbitrary<string> {
  const filled = segments.map((made) => {
    if (made === "**") return fc.array(names, { maxLength: 2 });
    const pieces = Array.from(made, (letter) => {
      if (letter === "*") return part;
      return letter === "?" ? letters : fc.constant(letter);
    });
    return fc.tuple(...pieces).map((parts) => [parts.join("")]);
  });
  return fc.tuple(fc.tuple(...filled), fc.nat(20), fc.nat(5), names).map(([parts, change, at, name]) => {
    const path = parts.flat();
    if (change === 0) path.splice(at, 1);
    if (change === 1) path.splice(at, 0, name);
    if (change === 2) path.splice(at, 1, name);
    return `/${path.filter((made) => !["", ".", ".."].includes(made)).join("/")}`;
  });
}

/**
 * Theirs, in two places brought to our documented meaning. Both go without the slash in front, since with it a leading
 * `**` needs at least one name there; and the folder of `dir/**` belongs to it also where `dir` has a wildcard.
 */
function theirs(glob: string, path: string): boolean {
  const folder = glob.replace(/(\/\*\*)+$/, "");
  const spellings = folder === "" ? [glob] : [glob, folder];
  return spellings.some((one) => picomatch(one.slice(1), { dot: true, windows: false })(path.slice(1)));
}
