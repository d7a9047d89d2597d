import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadSodium } from "../../../core/mod.ts";
import {
  grantedSkill,
  openSkillRig,
  type RigSkill,
  type SkillRig,
  type SkillRigOptions,
} from "../../support/skill-rig.ts";

beforeAll(loadSodium);

function scriptSkill(script: string, permissions: RigSkill["permissions"]): ReturnType<typeof grantedSkill> {
  return grantedSkill({
    runtime: "host-supervised",
    entry: "scripts/run.sh",
    files: { "scripts/run.sh": `#!/bin/sh\n${script}\n`, "data/table.txt": "own data" },
    permissions: { exec: ["skill:scripts/run.sh", "tool:cat", "tool:ls", "tool:mkdir", "tool:touch"], ...permissions },
  });
}

async function rigOf(
  script: string,
  permissions: RigSkill["permissions"],
  options: SkillRigOptions = {},
): Promise<SkillRig> {
  return await openSkillRig({ person: "yes", ...options, skills: [scriptSkill(script, permissions)] });
}

const READ = { "fs.read": ["workspace:data/**"] };

describe("a script of a skill", () => {
  it("runs with its own files and its input, and sees of the project what was granted", async () => {
    const rig = await rigOf(
      "cat; echo; cat /skill/data/table.txt; echo; cat data/a.csv; ls; cat src/b.ts; cat /skill/scripts/run.sh >/dev/null && echo read; touch /skill/x 2>&1",
      READ,
      { files: { "data/a.csv": "granted", "src/b.ts": "not granted" } },
    );
    const result = await rig.run("probe", { n: 1 });
    expect(result.output).toContain('{"n":1}');
    expect(result.output).toContain("own data");
    expect(result.output).toContain("granted");
    expect(result.output).not.toContain("not granted");
    expect(result.output).toContain("Read-only");
    expect(result).toMatchObject({ tool: "probe", tier: "host-supervised", trust: "tool", rule: "run-on-host" });
    expect(rig.questions[0]).toMatchObject({ title: "Run skill acme/probe@1.0.0", actor: "person" });
  });

  it("has no network and no home, and cannot reach what a link leads to", async () => {
    const rig = await rigOf(
      "cat data/link; cat data/out/b.ts; ls -A ~; (exec 3<>/dev/tcp/127.0.0.1/1) 2>&1; cat .agentzero/policy.yml; echo end",
      { "fs.read": ["workspace:data/**", "workspace:linked/**"] },
      { files: { "data/a.csv": "1", "src/b.ts": "not granted" } },
    );
    symlinkSync(join(rig.project, "src"), join(rig.project, "linked"));
    symlinkSync(join(rig.project, "src/b.ts"), join(rig.project, "data/link"));
    const result = await rig.run("probe", {});
    expect(result.output).toContain("end");
    expect(result.output).not.toContain("not granted");
    expect(result.output).not.toContain("version: 2");
  });

  it("keeps what it wrote below its atoms, each file decided with the skill as actor", async () => {
    const rig = await rigOf(
      "mkdir -p out/deep; echo made > out/deep/new.txt; echo x > data/a.csv; echo y > other.txt; true",
      {
        "fs.read": ["workspace:data/**"],
        "fs.write": ["workspace:out/**"],
      },
      { files: { "data/a.csv": "1" } },
    );
    const result = await rig.run("probe", {});
    expect(result.ok).toBe(true);
    expect(readFileSync(join(rig.project, "out/deep/new.txt"), "utf8")).toBe("made\n");
    expect(readFileSync(join(rig.project, "data/a.csv"), "utf8")).toBe("1");
    expect(existsSync(join(rig.project, "other.txt"))).toBe(false);
    expect(result.changes?.filter(({ kept }) => kept).map(({ path }) => path)).toContain("out/deep/new.txt");
    const events = await rig.record();
    expect(events.find(({ actions }) => actions?.some(({ target }) => target?.endsWith("new.txt")))).toMatchObject({
      skill: { id: "acme/probe" },
    });
  });

  it("says with its own status that it failed", async () => {
    const rig = await rigOf("echo broken; exit 3", READ);
    expect(await rig.run("probe", {})).toMatchObject({
      ok: false,
      output: "broken\n",
      error: { code: "TOOL_ERROR" },
    });
  });

  it("does not run where nobody said yes", async () => {
    const rig = await rigOf("echo ran", READ, { person: "nobody" });
    expect(await rig.run("probe", {})).toMatchObject({ ok: false, output: null, error: { code: "APPROVAL_NOBODY" } });
  });
});
