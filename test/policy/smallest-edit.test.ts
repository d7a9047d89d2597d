import { describe, expect, it } from "vitest";
import { openEngine } from "../support/engine.ts";

describe("explain()", () => {
  it("names the smallest edit that would turn a default deny", async () => {
    const { composed } = await openEngine();
    const real = "/srv/notes/today.md";
    const { decision, rule, hint } = composed.policy.explain({
      capability: "file_read",
      target: { kind: "path", real, lexical: real, file: "file", staged: false },
      classes: ["private"],
      tier: "host-readonly",
      tainted: false,
      skill: null,
    });
    expect([decision, rule]).toEqual(["deny", null]);
    expect(hint).toMatch(
      /^the smallest edit: add "\/srv\/notes\/today\.md" to `paths` of rule "read-project" \(project\), line \d+$/u,
    );
  });

  it("offers no edit for what a rule denies", async () => {
    const { composed, project } = await openEngine();
    const real = `${project}/.env`;
    const { rule, hint } = composed.policy.explain({
      capability: "file_read",
      target: { kind: "path", real, lexical: real, file: "missing", staged: false },
      classes: ["private"],
      tier: "host-readonly",
      tainted: false,
      skill: null,
    });
    expect(rule).toBe("no-secret-files");
    expect(hint).not.toContain("smallest edit");
  });
});
