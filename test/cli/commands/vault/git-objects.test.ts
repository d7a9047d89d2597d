import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { gitObjects } from "../../../../cli/commands/vault/git-objects.ts";
import { codeOf } from "../../../support/core-rig.ts";
import { sharedDir, tempDir } from "../../../support/temp-dir.ts";

const hasGit = spawnSync("git", ["--version"]).status === 0;
const at = { repo: "" };

function git(...args: readonly string[]): string {
  const who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"];
  const ran = spawnSync("git", [...who, ...args], {
    cwd: at.repo,
    encoding: "utf8",
    env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null" },
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return ran.stdout;
}

/** Everything that the reader gives, by id. */
function readAll(path: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const found = new Map<string, string>();
  for (const object of gitObjects(path, names)) {
    found.set(
      object.kind === "object" ? object.id : object.reason,
      object.kind === "object" ? Buffer.from(object.bytes).toString("latin1") : "skipped",
    );
  }
  return found;
}

/** The same, as git itself says it. */
function expected(): ReadonlyMap<string, string> {
  const ids = git("cat-file", "--batch-all-objects", "--batch-check").trim().split("\n").map((line) => line.split(" "));
  return new Map(
    ids.filter(([, type]) => type !== "tree").map(([id = "", type = ""]) => {
      const ran = spawnSync("git", ["cat-file", type, id], { cwd: at.repo });
      return [id, ran.stdout.toString("latin1")];
    }),
  );
}

describe.skipIf(!hasGit)("gitObjects() (needs git, to make a repository)", () => {
  beforeAll(() => {
    at.repo = sharedDir();
    git("init", "-q", "-b", "main");
    let body = "line\n".repeat(500);
    for (let i = 0; i < 12; i++) {
      body += `change ${i} with a fake-token-${i}\n`;
      writeFileSync(join(at.repo, "file.txt"), body);
      writeFileSync(join(at.repo, `bin${i}`), Buffer.from(Array.from({ length: 300 }, (_, k) => (k * i * 7) % 256)));
      git("add", ".");
      git("commit", "-q", "-m", `commit ${i}`);
    }
    git("tag", "-a", "v1", "-m", "a tag with a message");
  });

  it("reads loose objects as git does, and knows the names of files", () => {
    const names = new Map<string, string>();
    expect([...gitObjects(join(at.repo, "file.txt"), names)].length).toBe(expected().size);
    expect([...names.values()]).toContain("file.txt");
    expect(readAll(at.repo)).toEqual(expected());
  });

  it("reads packs with deltas as git does", () => {
    git("gc", "-q", "--aggressive");
    expect(readdirSync(join(at.repo, ".git/objects/pack")).some((name) => name.endsWith(".pack"))).toBe(true);
    expect(readAll(at.repo)).toEqual(expected());
  });

  it("finds what no branch reaches any more", () => {
    writeFileSync(join(at.repo, "gone"), "fake-token-gone");
    git("add", "gone");
    git("rm", "-q", "--cached", "gone");
    rmSync(join(at.repo, "gone"));
    expect([...readAll(at.repo).values()]).toContain("fake-token-gone");
  });

  it("reads a worktree's repository", () => {
    const tree = join(tempDir(), "tree");
    git("worktree", "add", "-q", tree);
    expect(readAll(tree).size).toBe(expected().size);
  });
});

describe("gitObjects()", () => {
  it("says when there is no repository", () => expect(codeOf(() => readAll(tempDir()))).toBe("NOT_FOUND"));

  it("names damaged objects and goes on", () => {
    const folder = tempDir();
    mkdirSync(join(folder, ".git/objects/ab"), { recursive: true });
    mkdirSync(join(folder, ".git/objects/pack"), { recursive: true });
    writeFileSync(join(folder, ".git/objects/ab", "0".repeat(38)), "not zlib");
    writeFileSync(join(folder, ".git/objects/pack/pack-x.idx"), "not an index");
    writeFileSync(
      join(folder, ".git/objects/pack/pack-y.idx"),
      Buffer.concat([Buffer.from("ff744f6300000002", "hex"), Buffer.alloc(1024, 255), Buffer.alloc(64)]),
    );
    expect([...readAll(folder).values()]).toEqual(["skipped", "skipped", "skipped"]);
  });
});
