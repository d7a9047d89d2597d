import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { follow, stepsOf } from "../support/guide.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("README.md", () => {
  it("has commands that do what it says, in a repository of one's own", { timeout: 600_000 }, async () => {
    const root = tempDir({
      "shop/README.md": "# Shop\n",
      "shop/.env": "PAYMENT_KEY=not-a-real-key\n",
      "shop/package.json": '{"name":"shop","version":"1.0.0","license":"MIT"}\n',
      "shop/src/a.js": "// TODO\n",
    });
    mkdirSync(join(root, "me"));
    const reader = { cwd: join(root, "shop"), home: join(root, "me/.agentzero") };
    const definition = stepsOf("tutorial.md").find(({ line }) => line.startsWith("cat > open-tasks.json"));
    expect((await follow({ text: "", answer: null, exit: 0, line: `git init -q; ${definition?.line}` }, reader)).exit)
      .toBe(0);
    // The conversation has tests of its own, on a terminal.
    const steps = stepsOf("../README.md").filter(({ line }) => /^agentzero (?!chat)/.test(line));
    expect(steps.length).toBeGreaterThan(14);
    for (const step of steps) {
      const asks = step.line.startsWith("agentzero vault set") ? "not-a-real-token" : null;
      const approved = step.line.includes("tool generate") ? { ...step, line: `${step.line} --approve` } : step;
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const ran = await follow({ ...approved, answer: asks }, reader);
      expect(`${step.text}\n-> ${ran.exit} ${ran.stdout} ${ran.stderr}`).toContain(`\n-> ${step.exit} `);
    }
    expect(readFileSync(join(reader.cwd, "x"), "utf8")).toBe("");
  });
});
