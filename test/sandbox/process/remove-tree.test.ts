import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { removeTree } from "../../../sandbox/process/remove-tree.ts";
import { removeStaleStages } from "../../../sandbox/process/stage.ts";
import { rig } from "../rig.ts";
import { script } from "./run.ts";

describe("removeTree()", () => {
  it("removes what nobody may enter, and nothing behind links", () => {
    const r = rig();
    const outside = join(r.root, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "safe"), "safe");
    const tree = join(r.root, "tree");
    mkdirSync(join(tree, "a/b/c"), { recursive: true });
    writeFileSync(join(tree, "a/b/f"), "");
    symlinkSync(outside, join(tree, "a/link"));
    symlinkSync(outside, join(tree, "link"));
    for (const path of ["a/b/c", "a/b", "a"]) chmodSync(join(tree, path), 0);
    removeTree(tree);
    expect([existsSync(tree), readdirSync(outside)]).toEqual([false, ["safe"]]);
    removeTree(tree);
  });

  it("removes names that are not text, and folders nested in them", async () => {
    const r = rig();
    const { value } = await script(
      r,
      "n=$(printf 'bad\\377'); mkdir -p $n/a/b; echo x >$n/a/f; echo x >$n/$n; chmod 0 $n/a; echo x >ok",
    );
    expect(value.changes.map((change) => change.relative)).toEqual(["ok"]);
    await value.stage?.discard();
    expect(readdirSync(join(r.project, ".agentzero/state/stage"))).toEqual([]);
  });

  it("removes folders nested deeper than any path, and finds nothing in them to keep", async () => {
    const r = rig();
    const { value } = await script(
      r,
      'perl -e \'for (1..3000) { mkdir "nested-folder"; chdir "nested-folder" or die }\'; echo x >ok',
    ).catch((error: unknown) => ({ value: String(error) }));
    expect(value).toContain("LIMIT_DISK");
    expect(readdirSync(join(r.project, ".agentzero/state/stage"))).toEqual([]);
    expect(readdirSync(r.project)).toEqual([".agentzero"]);
  });

  it("drops single names that only fit inside", async () => {
    const r = rig();
    const { value } = await script(
      r,
      "n=$(printf 'x%.0s' $(seq 250)); for i in $(seq 20); do mkdir $n 2>/dev/null; cd $n 2>/dev/null; done; echo x >f; cd /; true",
    );
    expect(value.changes.every((change) => change.path.length < 4096)).toBe(true);
    expect(value.dropped.some((drop) => drop.why.includes("too long"))).toBe(true);
    await value.stage?.discard();
    expect(readdirSync(join(r.project, ".agentzero/state/stage"))).toEqual([]);
  });
});

describe("removeStaleStages()", () => {
  it("removes what has no living owner, and leaves the others alone", () => {
    const r = rig();
    const root = join(r.root, "stage");
    const namespace = readdirSync("/proc/self/ns").includes("pid") ? "x" : "";
    for (
      const [name, owner] of [["dead", "999999999 1"], ["garbage", "??"], ["foreign", `1 1 pid:[1]${namespace}`], [
        "half",
        null,
      ]] as const
    ) {
      mkdirSync(join(root, name), { recursive: true });
      if (owner !== null) writeFileSync(join(root, name, "owner"), owner);
    }
    expect(removeStaleStages(root, Date.now())).toBe(0);
    // A day later all of them are old.
    removeStaleStages(root, Date.now() + 25 * 3_600_000);
    expect(readdirSync(root)).toEqual([]);
    expect(removeStaleStages(join(root, "nowhere"), Date.now())).toBe(0);
  });
});
