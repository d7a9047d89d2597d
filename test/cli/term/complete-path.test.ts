import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { completePath } from "../../../cli/term/complete-path.ts";
import { sharedDir } from "../../support/temp-dir.ts";

let root = "";

beforeAll(() => {
  const base = sharedDir({ "outside.txt": "x", "p/src/alpha.ts": "x", "p/src/alphabet.ts": "x", "p/README.md": "x" });
  root = join(base, "p");
  writeFileSync(join(root, ".env"), "x");
  mkdirSync(join(root, "a b"));
  // Nothing can be typed that names the last two.
  for (const name of ["a b/my notes.md", "src/odd.", 'src/q"x@y.txt', 'src/q" z', "src/q\nz"]) {
    writeFileSync(join(root, name), "x");
  }
});

function complete(text: string, cursor = text.length): ReturnType<typeof completePath> {
  return completePath({ root, isHidden: (path) => path.endsWith(".env") }, text, cursor);
}

describe("completePath()", () => {
  it("completes a name, a folder, and as far as several names agree", () => {
    expect(complete("look at @READ")).toMatchObject({ text: "look at @README.md ", cursor: 19 });
    expect(complete("@s")).toMatchObject({ text: "@src/" });
    expect(complete("@src/al")).toMatchObject({ text: "@src/alpha", choices: ["alpha.ts", "alphabet.ts"] });
  });

  it("leaves the text behind the cursor alone", () => {
    expect(complete("@READ and more", 5)).toMatchObject({ text: "@README.md  and more", cursor: 11 });
  });

  it("does not name what policy hides, and does not leave the project", () => {
    expect(complete("@.e")).toBeNull();
    expect(complete("@../out")).toBeNull();
    expect(complete("@src/../../out")).toBeNull();
    expect(complete("@/etc/pass")).toBeNull();
  });

  it("writes names with blanks, or with what ends a sentence, in quotes", () => {
    expect(complete("see @a")).toMatchObject({ text: 'see @"a b/' });
    expect(complete('see @"a b/')).toMatchObject({ text: 'see @"a b/my notes.md" ' });
    expect(complete("(@src/o")).toMatchObject({ text: '(@"src/odd." ' });
    expect(complete("@src/q")).toMatchObject({ text: '@src/q"x@y.txt ' });
  });

  it("completes nothing without a mark, in a folder that is not there, or what cannot be typed", () => {
    expect(complete("READ")).toBeNull();
    expect(complete("mail@READ")).toBeNull();
    expect(complete("@nowhere/x")).toBeNull();
  });
});
