import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.ts";
import { runHere } from "../support/command-line.ts";
import { DOCS, follow, type GuideStep, stepsOf } from "../support/guide.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("docs/operations.md", () => {
  it("says nothing that does not work: every command, in order", { timeout: 600_000 }, async () => {
    const root = tempDir({ "shop/README.md": "# Shop\n", "shop/.env": "KEY=not-a-real-key\n" });
    mkdirSync(join(root, "me"));
    const reader = { cwd: join(root, "shop"), home: join(root, "me/.agentzero") };
    expect((await runHere(["init"], { project: reader.cwd, home: reader.home })).exit).toBe(0);
    const steps = stepsOf("operations.md");
    let stream = "";
    expect(steps.length).toBeGreaterThan(30);
    for (const step of steps) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const ran = await follow(under(step, root), reader);
      expect(`${step.text}\n-> ${ran.exit} ${ran.stdout} ${ran.stderr}`).toContain(`\n-> ${step.exit} `);
      if (step.line.endsWith("stream-json")) stream = ran.stdout;
    }
    const types = stream.trim().split("\n").map((line) => (JSON.parse(line) as { type: string }).type);
    expect([types[0], types.at(-1)]).toEqual(["init", "result"]);
  });

  it("names every exit code", () => {
    const page = readFileSync(join(DOCS, "operations.md"), "utf8");
    for (const exit of Object.values(EXIT)) expect(page).toContain(`\n| ${exit} | `);
  });
});

/** What the page puts elsewhere stays in this test's folder. */
function under(step: GuideStep, root: string): GuideStep {
  return { ...step, line: step.line.replaceAll("/tmp/agentzero-anchor-of-this-page", join(root, "anchor")) };
}
