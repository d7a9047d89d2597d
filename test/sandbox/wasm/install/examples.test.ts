import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkFacts } from "../../../../sandbox/wasm/install/check-facts.ts";
import { componentFacts } from "../../../../sandbox/wasm/install/component-facts.ts";
import { transpileComponent } from "../../../../sandbox/wasm/install/transpile-component.ts";
import { RUNTIME } from "../../../support/host-facts.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const BUILD = fileURLToPath(new URL("../../../../docs/examples/guests/build.sh", import.meta.url));
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

describe("docs/examples/guests", () => {
  // The tools are programs of Node: to build the same with them twice shows nothing new.
  it.skipIf(RUNTIME === "deno")(
    "are built by the tools of their languages, and installed with what they import and no more",
    async () => {
      const out = tempDir();
      execFileSync("bash", [BUILD, out], { cwd: ROOT, stdio: "pipe" });
      for (
        const [file, imports] of [["todos.wasm", ["filesystem"]], ["shout.wasm", []]] as const
      ) {
        const bytes = new Uint8Array(readFileSync(join(out, file)));
        const made = await transpileComponent(bytes, {
          manifest: { world: "tool", imports, wasi: [] },
          memoryPages: 1024,
        });
        expect(made.exports).toContain("run");
        expect(made.imports.filter((name) => name.includes("filesystem")).length).toBe(imports.length);
      }
    },
    60_000,
  );
});

function world(...lines: readonly string[]): string {
  return ["package root:component;", "", "world root {", ...lines.map((line) => `  ${line}`), "}", ""].join("\n");
}

describe("componentFacts()", () => {
  it("reads a world line by line, and nothing but known lines", () => {
    expect(
      componentFacts(
        world(
          "import az:host/clock@0.3.0;",
          "/// import evil:x/y@1.0.0;",
          "export run: func(input: string) -> result<string, string>;",
        ),
      ),
    )
      .toEqual({ imports: ["az:host/clock@0.3.0"], exports: ["run"] });
    for (const line of ["type x = u32;", "use evil:x/y.{z};", "export run: func();", "export evil: interface {", "}"]) {
      expect(() => componentFacts(world(line))).toThrow(expect.objectContaining({ code: "WASM_WORLD" }));
    }
    for (const line of ["import now: func() -> u64;", "import x: interface {", "import az:host/clock@0.3.0 ;"]) {
      expect(() => componentFacts(world(line))).toThrow(expect.objectContaining({ code: "WASM_IMPORTS" }));
    }
    for (const text of ["", "world root {\n}\n", `${world()}world more {\n}\n`]) {
      expect(() => componentFacts(text)).toThrow(expect.objectContaining({ code: "WASM_WORLD" }));
    }
  });
  it("shows the names of a refused import", () => {
    const facts = { imports: ["az:host/http@0.3.0"], exports: ["run"] };
    expect(() => checkFacts(facts, { world: "tool", imports: [], wasi: [] })).toThrow(
      /az:host\/http@0\.3\.0.*not declare/,
    );
  });
});
