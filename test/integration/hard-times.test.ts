import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { runHere } from "../support/command-line.ts";
import { type Engine, openEngine } from "../support/engine.ts";
import { readOnly, smallDisk, unmount } from "../support/mount.ts";
import { runAgentzero } from "../support/run-agentzero.ts";
import { tempDir } from "../support/temp-dir.ts";

async function verifies(engine: Pick<Engine, "project" | "home">): Promise<void> {
  const ran = await runHere(["audit", "verify", "--all", "--json"], engine);
  expect([ran.exit, ran.json()]).toMatchObject([0, { ok: true }]);
}

describe("several sessions in one project", () => {
  it("work at once, each with a record of its own, and every record verifies", async () => {
    const first = await openEngine({ person: "yes" });
    const others = await Promise.all([1, 2].map(() => openEngine({ beside: first, person: "yes" })));
    const all = [first, ...others];
    const results = await Promise.all(
      all.flatMap((engine, who) =>
        Array.from(
          { length: 12 },
          (_, n) =>
            n % 4 === 0
              ? engine.call("write", { path: `out-${who}-${n}.txt`, content: `${who} ${n}` })
              : engine.call("read", { path: "README.md" }),
        )
      ),
    );
    expect(results.filter(({ ok }) => !ok).map(({ error }) => error)).toEqual([]);
    expect(readFileSync(join(first.project, "out-2-8.txt"), "utf8")).toBe("2 8");
    expect(new Set(results.map(({ audit }) => audit.file)).size).toBe(3);
    for (const engine of all) await engine.close();
    await verifies(first);
  });
});

describe("a project that became read-only", () => {
  it("is neither changed nor read without a record, and is as before afterwards", async (context) => {
    const engine = await openEngine({ person: "yes" });
    await engine.call("read", { path: "README.md" });
    await engine.close();
    const at = engine.project;
    readOnly(context, at);
    for (
      const [tool, args] of [["write", { path: "new.txt", content: "x" }], ["read", { path: "README.md" }]] as const
    ) {
      const ran = await runHere(["call", tool, JSON.stringify(args), "--approve", "--json"], engine);
      expect([ran.exit === 0, ran.stdout.includes("# Sample")]).toEqual([false, false]);
      expect(ran.stdout).toContain("AUDIT_UNWRITABLE");
    }
    expect(existsSync(join(at, "new.txt"))).toBe(false);
    unmount(at);
    await verifies(engine);
  });
});

describe("a full folder for temporary files", () => {
  it("costs commands at most, never their isolation or the record", async (context) => {
    const engine = await openEngine({});
    await engine.close();
    const { project: cwd, home } = engine;
    const full = join(tempDir(), "tmp");
    smallDisk(context, full, { size: "64k", mode: "1777" });
    try {
      writeFileSync(join(full, "fill"), Buffer.alloc(1_000_000));
    } catch {
      // Full, as intended.
    }
    const at = { cwd, home, env: { HOME: dirname(home), TMPDIR: full } };
    const read = await runAgentzero(["call", "read", '{"path":"README.md"}', "--json"], at);
    expect([read.exit, read.json()["output"]]).toEqual([0, expect.stringContaining("# Sample")]);
    const command = `echo x > made.txt; test -e ${home} && echo SEEN`;
    const ran = await runAgentzero(["call", "shell", JSON.stringify({ command }), "--json"], at);
    expect(ran.stdout).not.toContain("SEEN");
    const { ok, error } = ran.json() as { readonly ok: boolean; readonly error: { readonly code: string } | null };
    expect(ok ? "OK" : error?.code).toMatch(/^[A-Z_]+$/);
    expect(existsSync(join(cwd, "made.txt"))).toBe(false);
    unmount(full);
    const again = await runAgentzero(["call", "read", '{"path":"README.md"}', "--json"], at);
    expect([again.exit, again.json()["output"]]).toEqual([0, expect.stringContaining("# Sample")]);
    await verifies(engine);
  });
});
