import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { useDirectImports } from "./support/direct-imports.ts";
import { tempDir } from "./support/temp-dir.ts";

const FILES = {
  "package.json": '{"type":"module"}',
  "core/mod.js":
    'export * from "./a.js";\nexport { two, three as drei } from "./b.js";\nexport * as c from "./c.js";\n',
  "core/a.js": "export const one = 1;\nexport function f() {\n    return one;\n}\nexport class K {\n}\n",
  "core/b.js": 'export { two } from "./deep/two.js";\nconst three = 3;\nexport { three };\n',
  "core/c.js": "export const four = 4;\n",
  "core/deep/two.js": "export const two = 2;\n",
  "core/unused.js": 'throw new Error("loaded");\n',
};

describe("useDirectImports()", () => {
  it("leads every name to its file, and the program stays the same", async () => {
    const root = tempDir({
      ...FILES,
      "core/mod.js": `${FILES["core/mod.js"]}export * from "./unused.js";\n`,
      "cli/x/main.js":
        'import { join } from "node:path";\nimport { c, drei, f, K as Klass, two, } from "../../core/mod.js";\nimport { y } from "../y.js";\nexport const all = [join("a"), c.four, drei, f(), new Klass() instanceof Klass, two, y];\n',
      "cli/y.js": "export const y = 9;\n",
    });
    expect(useDirectImports(root)).toBe(1);
    expect(readFileSync(join(root, "cli/x/main.js"), "utf8").split("\n")[1]).toBe(
      'import * as c from "../../core/c.js"; import { three as drei } from "../../core/b.js"; ' +
        'import { f, K as Klass } from "../../core/a.js"; import { two } from "../../core/deep/two.js";',
    );
    const loaded: unknown = await import(pathToFileURL(join(root, "cli/x/main.js")).href);
    expect(loaded).toMatchObject({ all: ["a", 4, 3, 1, true, 2, 9] });
  });

  it("leaves front doors, text and dynamic imports alone", () => {
    const text = '// import { one } from "../core/mod.js"\nconst t = `\nimport x`;\nawait import("../core/mod.js");\n';
    const root = tempDir({ ...FILES, "cli/z.js": text, "cli/mod.js": 'import { one } from "../core/mod.js";\n' });
    expect(useDirectImports(root)).toBe(0);
    expect(readFileSync(join(root, "cli/z.js"), "utf8")).toBe(text);
  });

  it("stops at a name that nobody exports", () => {
    const root = tempDir({ ...FILES, "cli/z.js": 'import { five } from "../core/mod.js";\n' });
    expect(() => useDirectImports(root)).toThrow('Cannot find where "five"');
  });
});
