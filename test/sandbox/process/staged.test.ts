import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { b2, type Permit } from "../../../core/mod.ts";
import {
  createBubblewrap,
  processLimits,
  type ProcessValue,
  specDigest,
  type StagedRun,
} from "../../../sandbox/mod.ts";
import { collectChanges } from "../../../sandbox/process/collect.ts";
import { makeStage } from "../../../sandbox/process/stage.ts";
import { codeOf, onStop, type Rig, rig, valueOf } from "../rig.ts";
import { IS_ROOT, keepAll, runSpec, script, scriptSpec } from "./run.ts";

// The changes of a script, as short lines.
async function changes(r: Rig, text: string): Promise<readonly string[]> {
  const { value } = await script(r, text);
  await value.stage?.discard();
  return lines(value);
}

function lines(value: ProcessValue): readonly string[] {
  return value.changes.map((change) =>
    `${change.kind} ${change.relative}${change.entry === "file" ? "" : ` (${change.entry})`}`
  );
}

function read(r: Rig, path: string): string | null {
  const full = join(r.project, path);
  return existsSync(full) ? readFileSync(full, "utf8") : null;
}

// Runs a script, keeps everything, and compares the project with what the command saw.
async function keptTree(r: Rig, text: string): Promise<void> {
  const list =
    "find . -path ./.agentzero -prune -o -mindepth 1 -printf '%y %m %p %l\\n' | sort; find . -path ./.agentzero -prune -o -type f -print0 | sort -z | xargs -0 -r md5sum";
  const { value } = await script(r, `${text}\n${list}`);
  expect(await keepAll(r, value)).toMatchObject({ failed: [] });
  const { text: after, value: second } = await script(r, list);
  expect(after).toBe(new TextDecoder().decode(value.output));
  expect(second.changes).toEqual([]);
}

describe("what is collected", () => {
  it("finds new, changed and deleted files, links and modes", async () => {
    const r = rig();
    for (const path of ["changed", "gone", "mode", "same", "touched"]) r.put(path, "old");
    symlinkSync("same", join(r.project, "link"));
    const text =
      "echo new >changed; rm gone; chmod +x mode; echo -n old >same; touch touched; echo x >made; ln -sf gone link; ln -s same new-link; mkdir -p a/b empty/deep; echo x >a/b/c";
    expect(await changes(r, text)).toEqual([
      "create a/b/c",
      "modify changed",
      "create empty/deep (directory)",
      "delete gone",
      "symlink link (symlink)",
      "create made",
      "chmod mode",
      "symlink new-link (symlink)",
    ]);
  });

  it("finds nothing when nothing changed", async () => {
    const r = rig();
    r.put("a", "x");
    expect(await changes(r, "cat a; mkdir t; rmdir t; echo x >u; rm u; mv a b; mv b a; touch a; chmod 644 a")).toEqual(
      [],
    );
  });

  it("sees through a folder that was replaced as a whole", async () => {
    const r = rig();
    for (const path of ["d/a", "d/b", "d/sub/c", "other"]) r.put(path, "old");
    expect(await changes(r, "rm -r d; mkdir d; echo -n old >d/a; echo new >d/n")).toEqual(
      ["create d/n", "delete d/b", "delete d/sub/c"].toSorted((a, b) => (a.slice(7) < b.slice(7) ? -1 : 1)),
    );
    expect(await changes(r, "mv d e")).toEqual([
      "delete d/a",
      "delete d/b",
      "delete d/sub/c",
      "create e/a",
      "create e/b",
      "create e/sub/c",
    ]);
    expect(await changes(r, "rm -r d")).toEqual(["delete d/a", "delete d/b", "delete d/sub/c"]);
    expect(await changes(r, "rm -r d; echo x >d")).toEqual(["create d", "delete d/a", "delete d/b", "delete d/sub/c"]);
    expect(await changes(r, "rm other; mkdir other; echo x >other/f")).toEqual(["delete other", "create other/f"]);
    expect(await changes(r, "rm -r d; ln -s /etc d")).toEqual([
      "symlink d (symlink)",
      "delete d/a",
      "delete d/b",
      "delete d/sub/c",
    ]);
  });

  it("does not look behind a link that was replaced by a folder", async () => {
    const r = rig();
    mkdirSync(join(r.root, "outside"));
    for (const name of ["secret", "other"]) writeFileSync(join(r.root, "outside", name), "canary");
    symlinkSync(join(r.root, "outside"), join(r.project, "link"));
    const { value } = await script(r, "rm link; mkdir link; echo x >link/secret; mkdir link/sub");
    expect(lines(value)).toEqual(["delete link (symlink)", "create link/secret", "create link/sub (directory)"]);
    expect(value.changes.find((change) => change.relative === "link/secret")?.digestBefore).toBeNull();
    expect(value.stage?.readChange(join(r.project, "link/secret"), 100).before).toBeNull();
    expect(await keepAll(r, value)).toMatchObject({ failed: [] });
    expect(readFileSync(join(r.root, "outside/secret"), "utf8")).toBe("canary");
    expect(read(r, "link/secret")).toBe("x\n");
  });

  it("takes nothing of what was covered, even if it lay on the stage", async () => {
    const r = rig();
    const stage = makeStage(join(r.project, ".agentzero/state/stage/exe_c"), r.project, process.platform);
    const merged = join(r.root, "merged");
    for (const root of [stage.up, merged]) {
      for (const path of [".agentzero/policy.yml", "closed/key", "open/a"]) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), "new");
      }
    }
    const signal = new AbortController().signal;
    const covered = [join(r.project, "closed")];
    const limits = processLimits();
    const found = await collectChanges({ stage, project: r.project, merged, covered, limits, signal });
    expect(found.changes.map(({ relative }) => relative)).toEqual(["open/a"]);
  });

  it("drops what can never be kept, and says so", async () => {
    const r = rig();
    const { value } = await script(
      r,
      "mkfifo fifo; echo x >suid; chmod u+s suid; perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); bind(S, pack_sockaddr_un(\"socket\"))'; echo x >\"$(printf 'bad\\377')\"; echo x >ok",
      // The filter would refuse the set-id bit before it comes to that.
      { backend: createBubblewrap(r.deps, { seccomp: "off" }) },
    );
    expect(lines(value)).toEqual(["create ok"]);
    const dropped = value.dropped.map((drop) => drop.relative).filter((name) => !name.includes("bad")).toSorted();
    expect(dropped).toEqual(["fifo", "socket", "suid"]);
    await keepAll(r, value);
    expect(readdirSync(r.project).toSorted()).toEqual([".agentzero", "ok"]);
  });

  it("reads files and folders that the command closed to everybody", async () => {
    const r = rig();
    r.put("d/old", "old");
    const { value } = await script(
      r,
      "echo x >secret; chmod 0 secret; mkdir closed; echo y >closed/f; chmod 0 closed; rm d/old; chmod 0 d",
    );
    expect(lines(value)).toEqual(["create closed/f", "chmod d (directory)", "delete d/old", "create secret"]);
    expect(value.changes.find((change) => change.relative === "secret")).toMatchObject({
      digestAfter: b2("x\n"),
      mode: 0,
    });
    expect(new TextDecoder().decode(value.stage?.readChange(join(r.project, "secret"), 100).after ?? undefined)).toBe(
      "x\n",
    );
    expect(await keepAll(r, value)).toMatchObject({ failed: [] });
    expect(statSync(join(r.project, "secret")).mode & 0o777).toBe(0);
    expect(statSync(join(r.project, "closed")).mode & 0o777).toBe(0);
    chmodSync(join(r.project, "d"), 0o755);
    chmodSync(join(r.project, "closed"), 0o755);
    expect(readdirSync(join(r.project, "d"))).toEqual([]);
    expect(read(r, "closed/f")).toBe("y\n");
  });

  it("leaves out what was hidden, whatever was done to it", async () => {
    const r = rig();
    const hidden = r.put("conf/.env", "SECRET");
    r.put("conf/a", "a");
    const { value } = await script(
      r,
      "echo evil >conf/.env; rm -f conf/.env; rm -rf conf; echo x >.agentzero/new; rm -rf .agentzero; true",
      { hidden: { files: [hidden], dirs: [] } },
    );
    expect(lines(value)).toEqual(["delete conf/a"]);
    await keepAll(r, value);
    expect(read(r, "conf/.env")).toBe("SECRET");
  });

  it("makes one change of a repository's data, and single ones of what git runs or obeys", async () => {
    const r = rig();
    await keptTree(
      r,
      "git init -q . && git config user.name t && git config user.email t@t && echo a >a && git add a && git commit -qm one",
    );
    const { value } = await script(
      r,
      "echo b >>a; git commit -qam two; echo evil >.git/hooks/post-commit; git config core.pager evil; echo x >.git/commondir; echo /x >.git/objects/info/alternates; ln -s /etc/passwd .git/refs/evil",
    );
    expect(lines(value)).toEqual([
      "modify .git (bundle)",
      "create .git/commondir",
      "modify .git/config",
      "create .git/hooks/post-commit",
      "create .git/objects/info/alternates",
      "symlink .git/refs/evil (symlink)",
      "modify a",
    ]);
    expect(value.changes.filter((change) => change.runsLater).map((change) => change.relative)).toEqual([
      ".git/commondir",
      ".git/config",
      ".git/hooks/post-commit",
      ".git/objects/info/alternates",
      ".git/refs/evil",
    ]);
    expect(await keepAll(r, value, [".git", "a"])).toMatchObject({ failed: [] });
    const { text } = await script(
      r,
      "git log --format=%s; git status --porcelain; git fsck 2>&1; cat .git/config | grep -c pager",
    );
    expect(text).toBe("two\none\n0\n");
  });

  it("marks what runs later", async () => {
    const r = rig();
    const paths = [
      "package.json",
      "Makefile",
      ".github/workflows/ci.yml",
      ".envrc",
      ".vscode/tasks.json",
      ".husky/pre-commit",
      "AGENTS.md",
      "src/plain.ts",
      "docs/a.md",
      "sub/.git/hooks/x",
      "sub/.git/hooks/x.sample",
    ];
    const { value } = await script(
      r,
      `${
        paths.map((path) => `mkdir -p $(dirname ${path}); echo x >${path}`).join("; ")
      }; echo x >run; chmod +x run; ln -s x l`,
    );
    expect(value.changes.filter((change) => !change.runsLater).map((change) => change.relative)).toEqual([
      "docs/a.md",
      "src/plain.ts",
      "sub/.git/hooks/x.sample",
    ]);
  });

  it("sees files of a project while somebody else changes it", async () => {
    const r = rig();
    r.put("d/a", "old");
    r.put("mine", "old");
    const spec = scriptSpec(r, "echo x >d/b; echo x >>d/a; echo ready; sleep 0.2; ls d >/dev/null; echo x >>mine");
    // What it printed is heard before it is over, however busy the machine is.
    const outcome = await runSpec(r, spec, {
      onOutput() {
        r.put("d/appeared", "new");
        r.put("mine", "edited meanwhile");
      },
    });
    const value = valueOf(outcome);
    expect(lines(value)).not.toContain("delete d/appeared");
    const report = await keepAll(r, value);
    expect(report.failed.map((entry) => [entry.path, entry.code])).toEqual([[join(r.project, "mine"), "PATH_CHANGED"]]);
    expect([read(r, "d/appeared"), read(r, "mine"), read(r, "d/a"), read(r, "d/b")]).toEqual([
      "new",
      "edited meanwhile",
      "oldx\n",
      "x\n",
    ]);
  });
});

describe("what is kept", () => {
  it.each([
    [
      "files and folders",
      "mkdir -p a/b/c; echo 1 >a/1; echo 2 >a/b/2; echo 3 >a/b/c/3; chmod 750 a/b; chmod 600 a/1; mkdir e",
    ],
    ["deletions", "rm -r d; rm f"],
    ["renames", "mv d e; mv f g; mv l m"],
    ["a folder for a file and a file for a folder", "rm -r d; echo x >d; rm f; mkdir f; echo y >f/x"],
    ["a folder for a folder", "rm -r d; mkdir d; echo x >d/new; mkdir d/sub; echo y >d/sub/c"],
    ["a link for a folder and a folder for a link", "rm -r d; ln -s f d; rm l; mkdir l; echo x >l/y"],
    ["modes", "chmod 700 d; chmod 755 f; chmod 711 d/sub"],
    ["hard links", "ln f f2; ln f2 d/f3; echo more >>f"],
    [
      "odd names",
      "echo x >'a b'; echo x >$'new\\nline'; echo x >-rf; echo x >ü; echo x >'$(id)'; mkdir ' '; echo x >' / '",
    ],
    ["a large file", "head -c 9000000 /dev/urandom >big; head -c 9000000 /dev/urandom >>f"],
    ["an empty file", ": >empty; : >f"],
  ])("is what the command saw: %s", async (_, text) => {
    const r = rig();
    for (const path of ["d/a", "d/sub/c", "f"]) r.put(path, `old ${path}`);
    symlinkSync("f", join(r.project, "l"));
    await keptTree(r, text);
    expect(readdirSync(join(r.project, ".agentzero/state/stage"))).toEqual([]);
  });

  it("is only what was allowed", async () => {
    const r = rig();
    r.put("gone/a", "a");
    r.put("gone/b", "b");
    const { value } = await script(
      r,
      "echo 1 >one; echo 2 >two; mkdir d; echo 3 >d/three; echo 4 >d/four; rm -r gone; mkdir gone2; echo 5 >gone2/x",
    );
    const report = await keepAll(r, value, ["one", "d/three", "gone/a"]);
    expect(report.kept.map((entry) => entry.path)).toEqual(
      ["d/three", "gone/a", "one"].map((path) => join(r.project, path)),
    );
    expect(report.kept.find((entry) => entry.path.endsWith("one"))).toMatchObject({
      kind: "create",
      before: null,
      after: b2("1\n"),
    });
    expect(readdirSync(r.project).toSorted()).toEqual([".agentzero", "d", "gone", "one"]);
    expect([readdirSync(join(r.project, "d")), readdirSync(join(r.project, "gone"))]).toEqual([["three"], ["b"]]);
  });

  it("does not break a hard link to the outside", async () => {
    const r = rig();
    writeFileSync(join(r.root, "outside"), "safe");
    linkSync(join(r.root, "outside"), join(r.project, "inside"));
    const { value } = await script(r, "echo evil >>inside; chmod 777 inside");
    await keepAll(r, value);
    expect(readFileSync(join(r.root, "outside"), "utf8")).toBe("safe");
    expect(lstatSync(join(r.root, "outside")).mode & 0o777).toBe(0o644);
    expect(read(r, "inside")).toBe("safeevil\n");
  });

  it("needs a permit for exactly these paths, once", async () => {
    const r = rig();
    const { value } = await script(r, "echo 1 >one; echo 2 >two");
    const { stage } = value;
    const one = [join(r.project, "one")];
    const both = [...one, join(r.project, "two")];
    if (stage === null) throw new Error("nothing staged");
    function mint(paths: readonly string[]): Permit {
      return r.permits.mint({
        call: r.call(),
        intent: 1,
        digest: (stage as StagedRun).keepDigest(paths),
        tier: "host-supervised",
      });
    }
    expect(codeOf(await stage.keep(mint(one), both, r.io()))).toBe("PERMIT_INVALID");
    const foreign = r.permits.mint({
      call: r.call(),
      intent: 1,
      digest: specDigest({ op: "keep" }),
      tier: "host-supervised",
    });
    expect(codeOf(await stage.keep(foreign, [join(r.project, "three")], r.io()))).not.toBe("ok");
    expect(readdirSync(r.project)).toEqual([".agentzero"]);
    const permit = mint(both);
    expect(codeOf(await stage.keep(permit, both, r.io()))).toBe("ok");
    expect(codeOf(await stage.keep(mint(both), both, r.io()))).toBe("SPEC_INVALID");
    expect(() => stage.readChange(one[0] ?? "", 10)).toThrow(expect.objectContaining({ code: "SPEC_INVALID" }));
    await stage.discard();
  });

  it("leaves a path alone that changed since it was looked at", async () => {
    const r = rig();
    for (const path of ["modified", "deleted", "replaced", "mode"]) r.put(path, "old");
    const { value } = await script(
      r,
      "for f in modified replaced; do echo new >$f; done; rm deleted; chmod 700 mode; echo x >made; mkdir folder; echo x >folder/in",
    );
    const past = new Date(Date.now() - 100_000);
    for (const path of ["modified", "deleted", "mode"]) writeFileSync(join(r.project, path), "else");
    rmSync(join(r.project, "replaced"));
    writeFileSync(join(r.project, "replaced"), "old");
    utimesSync(join(r.project, "replaced"), past, past);
    writeFileSync(join(r.project, "made"), "mine");
    mkdirSync(join(r.root, "outside"));
    symlinkSync(join(r.root, "outside"), join(r.project, "folder"));
    const report = await keepAll(r, value);
    expect(report.kept).toEqual([]);
    expect([...new Set(report.failed.map((entry) => entry.code))]).toEqual(["PATH_CHANGED"]);
    expect(report.failed.length).toBe(6);
    expect(["modified", "deleted", "replaced", "mode", "made"].map((path) => read(r, path))).toEqual([
      "else",
      "else",
      "old",
      "else",
      "mine",
    ]);
    expect(readdirSync(join(r.root, "outside"))).toEqual([]);
  });

  it("keeps a repository as a whole or not at all", async () => {
    const r = rig();
    await keptTree(
      r,
      "git init -q . && git config user.name t && git config user.email t@t && echo a >a && git add a && git commit -qm one",
    );
    const { value } = await script(r, "echo b >>a; git commit -qam two");
    const head = readFileSync(join(r.project, ".git/HEAD"), "utf8");
    writeFileSync(join(r.project, ".git/ORIG_HEAD"), "");
    writeFileSync(
      join(r.project, ".git/logs/HEAD"),
      `${readFileSync(join(r.project, ".git/logs/HEAD"), "utf8")}changed\n`,
    );
    const report = await keepAll(r, value, [".git"]);
    expect(report.failed.map((entry) => entry.code)).toEqual(["PATH_CHANGED"]);
    expect(readFileSync(join(r.project, ".git/HEAD"), "utf8")).toBe(head);
    expect((await script(r, "git log --format=%s")).text).toBe("one\n");
  });

  it("keeps the owner when the agent is root", async () => {
    const r = rig();
    const path = r.put("a", "old");
    chmodSync(r.project, 0o777);
    chmodSync(path, 0o666);
    // Only root can give files away; for others there is nothing to keep.
    if (IS_ROOT) (await import("node:fs")).chownSync(path, 1234, 1234);
    const { value, text } = await script(r, "echo new >a; cat a; true");
    expect([value.notes.length > 0, text.includes("new")]).toContain(true);
    await value.stage?.discard();
    expect(statSync(path).uid).toBe(IS_ROOT ? 1234 : r.deps.facts.uid);
  });

  it("leaves no rubbish, whether kept, discarded or refused", async () => {
    const r = rig();
    const root = join(r.project, ".agentzero/state/stage");
    await script(r, "true");
    expect(readdirSync(root)).toEqual([]);
    const { value } = await script(r, "mkdir -p a/b; chmod 0 a; echo x >f");
    expect(readdirSync(root).length).toBe(1);
    await value.stage?.discard();
    await value.stage?.discard();
    expect(readdirSync(root)).toEqual([]);
    onStop(() => {});
  });

  it("reads both sides of a change, up to a size", async () => {
    const r = rig();
    r.put("a", "old");
    symlinkSync("x", join(r.project, "l"));
    const { value } = await script(r, "echo new >a; ln -sf y l; seq 1 1000 >big");
    function text(path: string): readonly (string | null)[] {
      const content = value.stage?.readChange(join(r.project, path), 100);
      const sides = [content?.before ?? null, content?.after ?? null];
      return sides.map((side) => (side === null ? null : new TextDecoder().decode(side)));
    }
    expect([text("a"), text("l"), text("big")]).toEqual([["old", "new\n"], ["x", "y"], [null, null]]);
    expect(value.stage?.readChange(join(r.project, "big"), 100).truncated).toBe(true);
    expect(readlinkSync(join(r.project, "l"))).toBe("x");
    await value.stage?.discard();
  });
});
