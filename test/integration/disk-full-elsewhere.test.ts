import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { b2 } from "../../core/mod.ts";
import { openStore } from "../../skills/store.ts";
import { runHere } from "../support/command-line.ts";
import { type Engine, openEngine } from "../support/engine.ts";
import { readOnly, smallDisk, unmount } from "../support/mount.ts";
import { recordOf } from "../support/record.ts";
import { tempDir } from "../support/temp-dir.ts";

/** Takes what room there is; the returned function gives it back. */
function fill(disk: string): () => void {
  const file = join(disk, "filler");
  for (const size of [65_536, 4096, 1]) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(size));
    } catch {
      // Not even this much fits any more.
    }
  }
  return () => rmSync(file);
}

/** Everything below a folder: what a failed writer must not add to. */
function namesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
}

async function verifies(engine: Pick<Engine, "project" | "home">): Promise<void> {
  const ran = await runHere(["audit", "verify", "--all", "--json"], engine);
  expect([ran.exit, ran.json()]).toMatchObject([0, { ok: true }]);
}

describe("a full disk", () => {
  it("takes no secret into the vault, and the ones in it stay", async (context) => {
    const engine = await openEngine();
    await engine.close();
    const vault = join(engine.home, "vault");
    smallDisk(context, vault, { size: "256k" });
    const first = await runHere(["vault", "set", "test/first"], { ...engine, input: "not-a-secret-1\n" });
    expect([first.exit, first.stderr]).toEqual([0, expect.any(String)]);
    const free = fill(vault);
    const before = namesIn(vault);
    const refused = await runHere(["vault", "set", "test/second"], { ...engine, input: "not-a-secret-2\n" });
    expect([refused.exit, refused.stderr]).toEqual([1, expect.stringMatching(/Cannot [^]*ENOSPC|no more bytes/)]);
    expect(refused.stderr).toContain("do:");
    expect(refused.stdout + refused.stderr).not.toContain("not-a-secret");
    expect(namesIn(vault)).toEqual(before);
    const listed = await runHere(["vault", "list", "--json"], engine);
    expect([listed.exit, listed.stdout]).toEqual([0, expect.stringContaining("test/first")]);
    expect(listed.stdout).not.toContain("test/second");
    free();
    expect((await runHere(["vault", "set", "test/second"], { ...engine, input: "not-a-secret-2\n" })).exit).toBe(0);
    await verifies(engine);
  });

  it("stores no answer for the project: it counts this once, and that is said", async (context) => {
    const engine = await openEngine({
      policy: `version: 2
approval: { max_scope: project, timeout: 5m }
rules:
  - { id: look, effect: allow, capability: file_read, paths: ["\${project}/**"] }
  - { id: ask, effect: requires_approval, capability: file_write, paths: ["\${project}/**"], approval: { max_scope: project } }
`,
      person: (request) =>
        Promise.resolve({
          kind: "allowed",
          scope: request.scopes.includes("project") ? "project" : "once",
          subject: request.digest,
          only: null,
        }),
    });
    const grants = join(engine.home, "grants");
    smallDisk(context, grants, { size: "256k" });
    expect((await engine.call("write", { path: "a.txt", content: "1" })).ok).toBe(true);
    expect(engine.questions[0]?.scopes).toContain("project");
    const stored = namesIn(grants);
    expect(stored.length).toBe(1);
    const before = readFileSync(join(grants, stored[0] ?? ""));
    const free = fill(grants);
    const result = await engine.call("write", { path: "b/c.txt", content: "2" });
    // The person said yes: that it cannot be kept takes nothing back, it is said and counts this once.
    expect([result.ok, existsSync(join(engine.project, "b/c.txt"))]).toEqual([true, true]);
    expect(engine.events).toContainEqual(expect.objectContaining({ type: "notice", code: "STATE_WRITE" }));
    expect((await recordOf(engine)).filter(({ event }) => event === "grant.change")).toHaveLength(1);
    expect(namesIn(grants)).toEqual([...stored, "filler"].toSorted());
    expect(readFileSync(join(grants, stored[0] ?? ""))).toEqual(before);
    free();
    await engine.close();
    await verifies(engine);
  });

  it("keeps what a conversation had, and says that the rest is not kept", async (context) => {
    const script = "- text: first answer\n- text: second answer\n- text: third answer\n";
    const engine = await openEngine({ script });
    await engine.close();
    const sessions = join(engine.project, ".agentzero/sessions");
    smallDisk(context, sessions, { size: "256k" });
    const talk = await openEngine({ beside: engine, script });
    await talk.submit("first question");
    const free = fill(sessions);
    const ended = await talk.submit("x".repeat(100_000));
    expect(ended).toMatchObject({ ok: expect.any(Boolean) });
    expect(JSON.stringify(talk.events)).toMatch(/SESSION_WRITE|Cannot keep/);
    free();
    await talk.close();
    const { id } = talk.composed.session;
    const shown = await runHere(["session", "show", id], engine);
    expect([shown.exit, shown.stdout]).toEqual([0, expect.stringContaining("first question")]);
    await verifies(engine);
  });

  it("puts no part of a package into the store, and what is there stays good", async (context) => {
    const home = tempDir();
    const root = join(home, "store");
    smallDisk(context, root, { size: "256k" });
    const store = openStore(home);
    const small = new TextEncoder().encode("a small object\n");
    store.put([small]);
    const before = namesIn(root).filter((name) => !name.startsWith("staging"));
    const large = [Buffer.alloc(100_000, 1), Buffer.alloc(400_000, 2)];
    expect(() => store.put(large)).toThrow(
      expect.objectContaining({ code: "WRITE_FAILED", hint: expect.stringContaining("room on the disk") }),
    );
    store.sweep();
    expect(namesIn(root)).toEqual(before);
    expect(store.get(b2(small), { exactly: small.length })).toEqual(small);
  });
});

describe("a home that became read-only", () => {
  it("lets nothing happen that could not be recorded, and is as before afterwards", async (context) => {
    const engine = await openEngine({ person: "yes" });
    await engine.call("read", { path: "README.md" });
    await engine.close();
    const { home } = engine;
    readOnly(context, home);
    for (
      const [tool, args] of [["write", { path: "new.txt", content: "x" }], ["read", { path: "README.md" }]] as const
    ) {
      const ran = await runHere(["call", tool, JSON.stringify(args), "--approve", "--json"], engine);
      expect([ran.exit, ran.stdout]).toEqual([5, expect.stringContaining("AUDIT_UNWRITABLE")]);
      expect(ran.stdout).not.toContain("# Sample");
    }
    const set = await runHere(["vault", "set", "test/one"], { ...engine, input: "not-a-secret-1\n" });
    expect([set.exit, set.stderr]).toEqual([expect.any(Number), expect.stringContaining("do:")]);
    expect(set.exit).not.toBe(0);
    expect(existsSync(join(engine.project, "new.txt"))).toBe(false);
    unmount(home);
    await verifies(engine);
  });
});
