import { beforeAll, describe, expect, it } from "vitest";
import { loadSodium } from "../../../core/mod.ts";
import { openSkillRig } from "../../support/skill-rig.ts";

beforeAll(loadSodium);

describe("the record of a skill's run", () => {
  it("names the skill, its run and what the run depends on, the same in every event", async () => {
    const rig = await openSkillRig({ files: { "a.txt": "a" } });
    await rig.run("repo-security-audit", { report: false });
    await rig.call("repo-security-audit", { report: false });
    const events = await rig.record();
    const starts = events.filter(({ event, tool, parent_id }) =>
      event === "intent" && tool === "repo-security-audit" && !parent_id
    );
    expect(starts).toHaveLength(2);
    for (const start of starts) {
      expect(start.skill).toMatchObject({
        id: "agentzero/repo-security-audit",
        version: "1.0.0",
        run: start.execution_id,
        digest: expect.stringMatching(/^b2:/u),
        fingerprint: expect.stringMatching(/^b2:/u),
      });
      const steps = events.filter(({ event, parent_id }) => event === "intent" && parent_id === start.execution_id);
      expect(steps.length).toBeGreaterThan(2);
      for (const step of steps) expect(step.skill).toEqual(start.skill);
    }
    expect(starts[0]?.skill?.digest).toBe(starts[1]?.skill?.digest);
  });
});
