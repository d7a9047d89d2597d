import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runHere } from "../support/command-line.ts";
import { blocksOf, follow, stepsOf } from "../support/guide.ts";
import { tempDir } from "../support/temp-dir.ts";

const recipes = blocksOf("policy-cookbook.md", "yaml");

describe("docs/policy-cookbook.md", () => {
  it("has only recipes whose tests pass, and whose every rule a test reaches", async () => {
    const project = tempDir();
    const home = join(project, "me/.agentzero");
    mkdirSync(join(project, ".agentzero"));
    const files = recipes.map((text, index) => {
      const name = `recipe-${index + 1}.yml`;
      writeFileSync(join(project, name), text);
      return name;
    });
    expect(files.length).toBeGreaterThan(11);
    const said = await runHere(["policy", "check", ...files, "--json"], { project, home });
    const { files: checked } = said.json() as { files: { problems: { level: string; message: string }[] }[] };
    const wrong = checked.flatMap(({ problems }, index) =>
      problems.filter(({ level, message }) => level === "error" || message.includes("no test reaches"))
        .map(({ message }) => `recipe ${index + 1}: ${message}`)
    );
    expect(wrong).toEqual([]);
    expect(said.exit).toBe(0);
  });

  it("has commands that do what it says", async () => {
    const root = tempDir({ "shop/README.md": "# Shop\n", "me/x": "" });
    const reader = { cwd: join(root, "shop"), home: join(root, "me/.agentzero") };
    await runHere(["init"], { project: reader.cwd, home: reader.home });
    for (const step of stepsOf("policy-cookbook.md")) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const ran = await follow(step, reader);
      expect(`${step.text}\n-> ${ran.exit} ${ran.stdout} ${ran.stderr}`).toContain(`\n-> ${step.exit} `);
    }
  });
});
