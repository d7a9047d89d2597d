import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openLibrary } from "../../cli/commands/skill/open-library.ts";
import type { SkillLibrary } from "../../skills/mod.ts";
import { contextIn } from "../support/context.ts";
import { type Desk, makeSharedDesk } from "./install/desk.ts";
import { release, writePackage } from "./install/publisher.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await makeSharedDesk();
});
beforeEach(() => desk.reset());

function text(name: string, more = ""): string {
  return `---\nname: ${name}\ndescription: Helps with ${name}. Use for it.\n${more}---\nDo it well.\n`;
}

function put(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

async function library(): Promise<SkillLibrary> {
  return (await openLibrary(contextIn(desk.project, desk.home))).library;
}

async function shown(): Promise<readonly (readonly [string, string, string, string | null])[]> {
  return (await library()).list().filter(({ place }) => place !== "builtin")
    .map(({ name, place, state, code }) => [name, place, state, code] as const);
}

async function codeOf(name: string): Promise<string> {
  try {
    await (await library()).load(name);
    return "loaded";
  } catch (cause) {
    return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : String(cause);
  }
}

describe("openSkills()", () => {
  it("finds folders in the order of the search; the first holder keeps a name", async () => {
    put(join(desk.home, "skills/notes/SKILL.md"), text("notes"));
    put(join(desk.project, ".agentzero/skills/notes/SKILL.md"), text("notes"));
    put(join(desk.project, ".agents/skills/notes/SKILL.md"), text("notes"));
    put(join(desk.project, ".agents/skills/read/SKILL.md"), text("read"));
    put(join(desk.project, ".agents/skills/zeal/SKILL.md"), text("zeal"));
    expect(await shown()).toEqual([
      ["notes", "home", "asks", null],
      ["notes", "project", "refused", "SHADOW"],
      ["notes", "agents", "refused", "SHADOW"],
      // A built-in tool holds this name.
      ["read", "agents", "refused", "SHADOW"],
      ["zeal", "agents", "asks", null],
    ]);
    expect(await codeOf("read")).toBe("SHADOW");
    const { skill, text: state } = await (await library()).load("notes");
    expect(skill.text).toBe("Do it well.\n");
    expect(state).toBe("new");
  });

  it("an installed skill keeps its name against folders", async () => {
    await desk.trust();
    const archive = release("1.0.0");
    expect((await desk.install(writePackage(desk.root, archive, desk.signer.sign(archive)))).exit).toBe(0);
    put(join(desk.home, "skills/pdf-report/SKILL.md"), text("pdf-report"));
    expect(await shown()).toEqual([
      ["pdf-report", "installed", "ready", null],
      ["pdf-report", "home", "refused", "SHADOW"],
    ]);
    expect((await (await library()).load("pdf-report")).skill.actor.trust).toBe("signed");
  });

  it("folders of a project count only while its policy is trusted", async () => {
    put(join(desk.project, ".agents/skills/notes/SKILL.md"), text("notes"));
    put(join(desk.home, "skills/mine/SKILL.md"), text("mine"));
    appendFileSync(join(desk.project, ".agentzero/policy.yml"), "# edited by somebody\n");
    expect(await shown()).toEqual([
      ["mine", "home", "asks", null],
      ["notes", "agents", "refused", "PROJECT_UNTRUSTED"],
    ]);
    expect(await codeOf("notes")).toBe("PROJECT_UNTRUSTED");
    expect(await codeOf("mine")).toBe("loaded");
  });

  it("a text that was activated is known, and changed text asks again", async () => {
    const path = join(desk.project, ".agents/skills/notes/SKILL.md");
    put(path, text("notes"));
    (await (await library()).load("notes")).activated();
    expect(await shown()).toEqual([["notes", "agents", "ready", null]]);
    expect((await (await library()).load("notes")).text).toBe("known");
    put(path, text("notes").replace("well", "ill"));
    expect(await shown()).toEqual([["notes", "agents", "asks", "CONTENT_CHANGED"]]);
    expect((await (await library()).load("notes")).text).toBe("changed");
  });

  it("a folder has no authority, whatever it says", async () => {
    const keys =
      'hooks: "rm -rf"\nmetadata:\n  az.runtime: "wasm-sandbox"\n  az.perm.net: "GET https://x.example:443/**"\n';
    put(join(desk.home, "skills/greedy/SKILL.md"), text("greedy", keys));
    const { skill } = await (await library()).load("greedy");
    expect(skill.actor).toMatchObject({ id: "local/greedy", trust: "local", permissions: null });
    expect(skill).toMatchObject({ runtime: "none", component: null, entry: null });
    const [listed] = (await library()).list().filter(({ place }) => place === "home");
    expect(listed?.ignored).toEqual(["hooks", "metadata.az.runtime", "metadata.az.perm.net"]);
  });

  it("follows no links, and takes a generated tool for nothing but one that nobody here made", async () => {
    const outside = join(desk.root, "outside");
    put(join(outside, "SKILL.md"), text("linked"));
    mkdirSync(join(desk.home, "skills/half"), { recursive: true });
    symlinkSync(outside, join(desk.home, "skills/linked"));
    symlinkSync(join(outside, "SKILL.md"), join(desk.home, "skills/half/SKILL.md"));
    put(join(desk.project, ".agentzero/skills/tool/SKILL.md"), text("tool"));
    put(join(desk.project, ".agentzero/skills/tool/active.json"), "{}");
    put(join(desk.home, "skills/broken/SKILL.md"), "---\nname: [\n---\n");
    expect(await shown()).toEqual([
      ["tool", "generated", "refused", "TOOL_FOREIGN"],
      ["broken", "home", "refused", "FRONTMATTER"],
    ]);
    rmSync(outside, { recursive: true });
  });

  it("shows a folder whose name is none of a skill, and refuses it for that", async () => {
    put(join(desk.home, "skills/PDF Tools/SKILL.md"), text("pdf-tools"));
    put(join(desk.home, "skills/.hidden/SKILL.md"), text("hidden"));
    expect(await shown()).toEqual([["PDF Tools", "home", "refused", "NAME"]]);
    expect(await codeOf("PDF Tools")).toBe("NAME");
  });

  it("reads files of a folder skill, but none through a link", async () => {
    const dir = join(desk.home, "skills/notes");
    put(join(dir, "SKILL.md"), text("notes"));
    put(join(dir, "references/a.md"), "A");
    put(join(dir, ".git/config"), "secret");
    symlinkSync("/etc/hostname", join(dir, "references/host.md"));
    const { skill } = await (await library()).load("notes");
    expect(skill.files.map(({ path }) => path)).toEqual(["SKILL.md", "references/a.md"]);
    expect(new TextDecoder().decode(skill.file("references/a.md") ?? new Uint8Array())).toBe("A");
    for (const path of ["references/host.md", "../../keys/tag.key", ".git/config", "references/../SKILL.md"]) {
      expect(skill.file(path)).toBeNull();
    }
    rmSync(join(dir, "references"), { recursive: true });
    symlinkSync("/etc", join(dir, "references"));
    expect(skill.file("references/a.md")).toBeNull();
  });

  it("tells a session of what can be used, and of nothing when the lock is broken", async () => {
    put(join(desk.home, "skills/notes/SKILL.md"), text("notes"));
    expect((await library()).summaries().map(({ name }) => name)).toContain("notes");
    writeFileSync(join(desk.project, ".agentzero/skills.lock"), "{");
    expect((await library()).summaries()).toEqual([]);
    expect(await codeOf("notes")).toBe("LOCK_INVALID");
  });

  it("installs a folder as text, with the digest of no permissions", async () => {
    const dir = join(desk.root, "memo");
    put(join(dir, "SKILL.md"), text("memo", "hooks: x\n"));
    const asked = await desk.run("skill", "install", dir, "--json");
    const hint = expect.stringContaining("read its SKILL.md") as string;
    expect(asked.json()).toMatchObject({ error: { code: "APPROVAL_NOBODY", hint } });
    const empty = "b2:59ecbe2b02c75b9159eabb84988b4142822357730af507e3870562bf8319b29d";
    const said = await desk.run("skill", "install", dir, "--grant", empty, "--json");
    expect(said.json()).toMatchObject({
      skills: [{
        name: "memo",
        id: "local/memo",
        version: "0.0.0",
        profile: "compat",
        perm: empty,
        ignored: ["hooks"],
      }],
    });
    expect(await codeOf("memo")).toBe("loaded");
    // The folder itself may go: what was approved is in the store.
    rmSync(dir, { recursive: true });
    expect(await codeOf("memo")).toBe("loaded");
    await desk.run("trust", "revoke", "local/memo", "--reason", "lies");
    expect(await codeOf("memo")).toBe("REVOKED");
    expect(await shown()).toEqual([["memo", "installed", "refused", "REVOKED"]]);
  });

  it("a name that nobody has is missing in the lock", async () => {
    expect(await codeOf("nothing")).toBe("LOCK_MISSING");
    expect(await codeOf("constructor")).toBe("LOCK_MISSING");
    expect(await codeOf("../x")).toBe("LOCK_MISSING");
  });
});
