import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert as check, boolean, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { markIndex } from "../../../sandbox/process/git-index.ts";
import { type Rig, rig, SCALE } from "../rig.ts";
import { keepAll, script } from "./run.ts";

const ADA = { name: "Ada Example", email: "ada@example.org" };

function git(r: Rig, ...args: readonly string[]): string {
  const env = { PATH: "/usr/bin:/bin", HOME: r.root, GIT_CONFIG_NOSYSTEM: "1" };
  const done = spawnSync(
    "git",
    ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main", ...args],
    { cwd: r.project, env },
  );
  if (done.status !== 0) throw new Error(`git ${args.join(" ")}: ${String(done.stderr)}`);
  return String(done.stdout);
}

function repository(...initial: readonly string[]): Rig {
  const r = rig();
  git(r, "init", "-q", ...initial);
  r.put("a.txt", "a\n");
  r.put(".env", "SECRET=canary\n");
  r.put("conf/private/key", "canary\n");
  r.put("conf/open", "open\n");
  writeFileSync(join(r.project, ".git/info/exclude"), ".agentzero\n");
  git(r, "add", "-A");
  git(r, "commit", "-qm", "one");
  return r;
}

function hiddenOf(r: Rig): { readonly files: readonly string[]; readonly dirs: readonly string[] } {
  return { files: [join(r.project, ".env")], dirs: [join(r.project, "conf/private")] };
}

describe("git inside", () => {
  it("works, with the user's identity and without a pager, hook or external program", async () => {
    const r = repository();
    git(r, "config", "core.pager", "sh -c 'echo PAGER'");
    git(r, "config", "core.fsmonitor", "sh -c 'echo FSMONITOR >&2'");
    git(r, "config", "commit.gpgSign", "true");
    r.put(".git/hooks/pre-commit", "#!/bin/sh\necho HOOK\nexit 1\n");
    chmodSync(join(r.project, ".git/hooks/pre-commit"), 0o755);
    const { text, value } = await script(
      r,
      "git status --short; echo b >>a.txt; git diff --stat; git commit -qam two && git log -1 --format='%an <%ae> %s'",
      {
        gitIdentity: ADA,
      },
    );
    expect(text).not.toMatch(/PAGER|HOOK|FSMONITOR|dubious|fatal/);
    expect(text.trim().endsWith("Ada Example <ada@example.org> two")).toBe(true);
    expect(value.changes.map((change) => change.relative)).toEqual([".git", "a.txt"]);
    expect(await keepAll(r, value)).toMatchObject({ failed: [] });
    expect(git(r, "status", "--porcelain")).toBe("");
    expect(git(r, "log", "--format=%s")).toBe("two\none\n");
    expect(git(r, "fsck", "--strict")).toBe("");
  });

  it("changes nothing by looking", async () => {
    const r = repository();
    const { value } = await script(r, "git status; git diff; git log; git show HEAD --stat; git ls-files; git grep a");
    expect(value.changes).toEqual([]);
  });
});

describe("masked files that git tracks", () => {
  it.each([[[]], [["--object-format=sha256"]]])("never reach a commit as masks: %j", async (initial) => {
    const r = repository(...initial);
    const { text, value } = await script(
      r,
      "git status --short; git add -A; git commit -qam two --allow-empty; echo x >new; git add -A; git commit -qm three; git show --stat --format=%s HEAD HEAD~1",
      {
        hidden: hiddenOf(r),
        gitIdentity: ADA,
      },
    );
    expect(text).not.toContain("canary");
    expect(text).not.toContain(".env");
    expect(text).not.toContain("private");
    expect(await keepAll(r, value)).toMatchObject({ failed: [] });
    expect(git(r, "status", "--porcelain")).toBe("");
    expect(git(r, "ls-files", "-v").split("\n").filter((line) => line.startsWith("S"))).toEqual([]);
    expect(git(r, "show", "HEAD:.env")).toBe("SECRET=canary\n");
    expect(git(r, "log", "--format=%s")).toBe("three\ntwo\none\n");
    expect(readFileSync(join(r.project, ".env"), "utf8")).toBe("SECRET=canary\n");
  });

  it("leave no trace when the command only looked", async () => {
    const r = repository();
    const before = readFileSync(join(r.project, ".git/index"));
    const { value } = await script(r, "git status --short; git ls-files", { hidden: hiddenOf(r) });
    expect(value.changes).toEqual([]);
    expect(readFileSync(join(r.project, ".git/index")).equals(before)).toBe(true);
  });

  it("keep a mark that the user had set", async () => {
    const r = repository();
    git(r, "update-index", "--skip-worktree", ".env");
    const { value } = await script(r, "echo x >new; git add new", { hidden: hiddenOf(r) });
    await keepAll(r, value);
    expect(git(r, "ls-files", "-v").split("\n").filter((line) => line.startsWith("S"))).toEqual(["S .env"]);
  });

  it("work in nested repositories too", async () => {
    const r = repository();
    mkdirSync(join(r.project, "sub"));
    git(r, "init", "-q", "sub");
    r.put("sub/.env", "SECRET=canary\n");
    git(r, "-C", "sub", "add", ".env");
    git(r, "-C", "sub", "commit", "-qm", "sub");
    const { value } = await script(r, "cd sub; echo x >n; git add -A; git commit -qam two", {
      hidden: { files: [join(r.project, "sub/.env")], dirs: [] },
      gitIdentity: ADA,
    });
    await keepAll(r, value);
    expect(git(r, "-C", "sub", "show", "HEAD:.env")).toBe("SECRET=canary\n");
    expect(git(r, "-C", "sub", "status", "--porcelain")).toBe("");
  });

  it("are dropped with an index that the command broke", async () => {
    const r = repository();
    const { value } = await script(r, "echo garbage >.git/index; echo x >n", { hidden: hiddenOf(r) });
    expect(value.dropped.map((drop) => drop.relative)).toEqual([".git/index"]);
    await keepAll(r, value);
    expect(git(r, "ls-files").includes("a.txt")).toBe(true);
    expect(existsSync(join(r.project, "n"))).toBe(true);
  });
});

describe("markIndex()", () => {
  it.each([[2, []], [4, []], [2, ["--object-format=sha256"]]] as const)(
    "gives the same bytes back: version %i %j",
    (version, initial) => {
      const r = repository(...initial);
      for (let i = 0; i < 40; i++) r.put(`many/${"x".repeat(i)}${i}`, "");
      git(r, "add", "-A");
      git(r, "update-index", "--index-version", String(version));
      const index = readFileSync(join(r.project, ".git/index"));
      const marked = markIndex(index, (path) => path.startsWith("many/") || path === ".env" ? true : null);
      expect(marked?.changed.length).toBe(41);
      writeFileSync(join(r.project, ".git/index"), marked?.bytes ?? "");
      expect(git(r, "ls-files", "-v").split("\n").filter((line) => line.startsWith("S ")).length).toBe(41);
      expect(git(r, "fsck")).toBe("");
      const back = markIndex(marked?.bytes ?? new Uint8Array(), () => false);
      expect(Buffer.from(back?.bytes ?? []).equals(index)).toBe(true);
    },
  );

  it("gives nothing for what is no index, and never throws", () => {
    const r = repository();
    const index = readFileSync(join(r.project, ".git/index"));
    expect(markIndex(new Uint8Array(), () => true)).toBeNull();
    check(
      property(nat(index.length - 1), nat(255), boolean(), (at, byte, zero) => {
        const damaged = Buffer.from(index);
        damaged[at] = byte;
        // With an empty checksum the damage gets past the first test.
        if (zero) damaged.fill(0, damaged.length - 20);
        markIndex(damaged, (path) => path.length % 2 === 0);
        markIndex(damaged.subarray(0, at), () => true);
      }),
      { seed: 7, numRuns: 300 * SCALE },
    );
  });
});
