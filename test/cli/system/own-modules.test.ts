import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { findOwnModules } from "../../../cli/system/own-modules.ts";
import { tempDir } from "../../support/temp-dir.ts";

const onDeno = "Deno" in globalThis;
const SHOW = "export const url = import.meta.url;\n";

/** Runs `root/main.js` in a process of its own and gives what it prints. */
function run(root: string): unknown {
  const own = new URL("../../../cli/system/own-modules.ts", import.meta.url).href;
  const entry = pathToFileURL(join(root, "main.js")).href;
  const folder = new URL("./", entry).href;
  const script = `import { findOwnModules } from ${JSON.stringify(own)};
findOwnModules(${JSON.stringify(folder)});
console.log(JSON.stringify((await import(${JSON.stringify(entry)})).seen));`;
  const text = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", cwd: root });
  return JSON.parse(text);
}

describe("findOwnModules()", () => {
  it.skipIf(onDeno)("finds modules of the folder by their path, and searches for all others as usual", () => {
    const base = tempDir({
      "own/package.json": '{"type":"module"}',
      "own/real.js": SHOW,
      "own/deep/up.js": 'export { url } from "../real.js";\n',
      "own/data.json": "7",
      "own/main.js": 'import { url as link } from "./link.js";\nimport { url as up } from "./deep/up.js";\n' +
        'import { url as out } from "../elsewhere/link.mjs";\nimport data from "./data.json" with { type: "json" };\n' +
        'import { join } from "node:path";\n' +
        'export const seen = [link, up, out].map((url) => url.split("/").slice(-2).join("/")).concat(join("a", "b"), data);\n',
      "elsewhere/real.mjs": SHOW,
    });
    symlinkSync("real.js", join(base, "own/link.js"));
    symlinkSync("real.mjs", join(base, "elsewhere/link.mjs"));
    // A link of ours keeps its name; one outside is followed, as Node does.
    expect(run(join(base, "own"))).toEqual(["own/link.js", "own/real.js", "elsewhere/real.mjs", "a/b", 7]);
  });

  it.skipIf(!onDeno)("does nothing where the runtime has no such hooks", () => {
    expect(() => findOwnModules("file:///nowhere/")).not.toThrow();
  });
});
