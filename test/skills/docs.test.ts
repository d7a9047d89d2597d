import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadSodium } from "../../core/mod.ts";
import { componentOfWat, inspectComponent } from "../../sandbox/mod.ts";
import { checkFolder } from "../../skills/pack-folder.ts";
import { EMPTY_PERMISSIONS, permDigest } from "../../skills/permissions.ts";
import { runHere } from "../support/command-line.ts";
import { DOCS, stepsOf, wordsOf } from "../support/guide.ts";
import { tempDir } from "../support/temp-dir.ts";

const EXAMPLE = join(DOCS, "examples/skills/byte-count");

beforeAll(async () => void await loadSodium());

function policyHash(project: string): string {
  return createHash("sha256").update(readFileSync(join(project, ".agentzero/policy.yml"))).digest("hex");
}

describe("docs/skill-authors.md", () => {
  it("says nothing that does not work: every command, in order", async () => {
    const root = tempDir();
    const at = { project: join(root, "shop"), home: join(root, "home") };
    mkdirSync(at.project);
    expect((await runHere(["init"], at)).exit).toBe(0);
    cpSync(EXAMPLE, join(at.project, "byte-count"), { recursive: true });
    const user = { project: at.project, home: join(root, "user") };
    const variables: Record<string, string> = {};
    let last = "";
    const lines = stepsOf("skill-authors.md").map(({ line }) => line);
    expect(lines.length).toBeGreaterThan(14);
    for (const line of lines) {
      const [program, ...words] = wordsOf(line, variables);
      expect(program).toBe("agentzero");
      // From here on it is somebody else's machine.
      const who = Object.hasOwn(variables, "KEY_DIGEST") ? user : at;
      if (words[0] === "trust") {
        const { keys } = (await runHere(["key", "list", "--json"], at)).json() as { keys: { digest: string }[] };
        variables["KEY_DIGEST"] = keys[0]?.digest ?? "";
        await runHere(["policy", "trust", "--sha256", policyHash(at.project)], user);
      }
      const said = await runHere(wordsOf(line, variables).slice(1), words[0] === "trust" ? user : who);
      expect(`${line}: ${said.exit} ${said.stderr}`).toContain(": 0 ");
      if (words[1] === "verify" && words.includes("--json")) variables["PERM_DIGEST"] = String(said.json()["perm"]);
      last = said.stdout;
    }
    expect(last).toContain("16");
  });
});

describe("docs/examples/skills/byte-count", () => {
  it("is in order, and its component is what its source compiles to", async () => {
    expect((await checkFolder(EXAMPLE, inspectComponent)).findings).toEqual([]);
    const source = readFileSync(join(EXAMPLE, "references/byte-count.wat"), "utf8");
    expect(Buffer.from(await componentOfWat(source))).toEqual(readFileSync(join(EXAMPLE, "component/byte-count.wasm")));
  });
});

describe("docs/skill-packages.md", () => {
  const page = readFileSync(join(DOCS, "skill-packages.md"), "utf8");

  it("has the vector of the permissions", () => expect(page).toContain(permDigest(EMPTY_PERMISSIONS)));

  it("has commands that a shell understands", () => {
    const script = /^```sh\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? "";
    expect(spawnSync("bash", ["-n"], { input: script }).status).toBe(0);
    expect(script).toContain("b2sum -l 256");
  });
});
