import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { makePlace } from "../audit/support.ts";
import { runHere } from "../support/command-line.ts";
import { type Engine, openEngine } from "../support/engine.ts";
import { tempDir } from "../support/temp-dir.ts";

const SCRIPT = fileURLToPath(new URL("../../docs/azlog-verify.mjs", import.meta.url));

/** A closed session with calls that were allowed and denied. */
async function recorded(config?: Readonly<Record<string, unknown>>, beside?: Engine): Promise<Engine> {
  const engine = await openEngine({
    ...(config === undefined ? {} : { config }),
    ...(beside === undefined ? {} : { beside }),
  });
  await engine.call("read", { path: "README.md" });
  await engine.call("read", { path: ".env" });
  await engine.close();
  return engine;
}

/** Another machine: the audit folder and one public key, nothing else of the first. */
async function elsewhere(
  engine: Engine,
): Promise<{ readonly project: string; readonly home: string; readonly pub: string }> {
  const root = tempDir();
  const project = join(root, "evidence");
  const pub = join(root, "agentzero.pub");
  mkdirSync(join(project, ".agentzero"), { recursive: true });
  cpSync(join(engine.project, ".agentzero", "audit"), join(project, ".agentzero", "audit"), { recursive: true });
  writeFileSync(pub, (await runHere(["audit", "keys", "pub"], engine)).stdout);
  return { project, home: join(root, "home"), pub };
}

function runScript(words: readonly string[]): number | null {
  const before = process.versions["deno"] === undefined ? [] : ["run", "-A"];
  return spawnSync(process.execPath, [...before, SCRIPT, ...words]).status;
}

describe("somebody with a copy of the record and the public key", () => {
  it("verifies it on another machine, and can read nothing of it", async () => {
    const engine = await recorded();
    const there = await elsewhere(engine);
    const ran = await runHere(["audit", "verify", "--pub", there.pub, "--json"], there);
    expect(ran.exit).toBe(0);
    const session = engine.composed.session.id;
    expect(ran.json()).toMatchObject({
      ok: true,
      sessions: expect.arrayContaining([
        expect.objectContaining({ session, ok: true, closed: true, checked: "public", problems: [] }),
      ]),
    });
    const shown = await runHere(["audit", "show", engine.composed.session.id, "--json"], there);
    expect(shown.exit).not.toBe(0);
    expect(shown.stdout).not.toMatch(/README|file_read/);
  });

  it("finds any change, and a record that somebody else made", async () => {
    const engine = await recorded();
    const there = await elsewhere(engine);
    const other = await elsewhere(await recorded());
    expect((await runHere(["audit", "verify", "--pub", other.pub], there)).exit).toBe(7);
    const dir = join(there.project, ".agentzero", "audit");
    const name = `${engine.composed.session.id}.jsonl`;
    const lines = readFileSync(join(dir, name), "utf8").split("\n");
    writeFileSync(join(dir, name), lines.toSpliced(2, 1).join("\n"));
    const words = ["audit", "verify", engine.composed.session.id, "--pub", there.pub, "--json"];
    const ran = await runHere(words, there);
    expect([ran.exit, ran.json()]).toMatchObject([7, { sessions: [{ problems: [{ code: "CHAIN_BROKEN" }] }] }]);
  });

  it("comes to the same with the stand-alone script, which shares no code with the product", async () => {
    const engine = await recorded();
    const there = await elsewhere(engine);
    const dir = join(there.project, ".agentzero", "audit");
    const files = readdirSync(dir).filter((file) => file.startsWith("ses_")).map((file) => join(dir, file));
    const words = ["--pub", there.pub, "--heads", join(dir, "HEADS"), ...files];
    expect(runScript(words)).toBe(0);
    const [file = ""] = files;
    const changed = readFileSync(file, "utf8").replace(
      /"ct":"./,
      (start) => start.replace(/.$/, (char) => char === "A" ? "B" : "A"),
    );
    writeFileSync(file, changed);
    expect(runScript(words)).not.toBe(0);
  });
});

describe("a record for an auditor alone", () => {
  it("cannot be read back by who wrote it, while it is written or afterwards; the auditor reads all of it", async () => {
    const first = await recorded();
    const auditor = await makePlace("auditor");
    const line = readFileSync(join(auditor.home, "keys", "audit-box.pub"), "utf8").trim();
    const config = { audit: { recipients: "auditor", auditor: [line] } };
    const engine = await openEngine({ beside: first, config });
    await engine.call("read", { path: "README.md" });
    const { id } = engine.composed.session;
    // The agent that writes it holds every key of the installation, and still sees numbers and times only.
    const during = await runHere(["audit", "show", id, "--json"], engine);
    expect([during.exit, during.json()]).toMatchObject([1, { error: { code: "AUDIT_LOCKED" } }]);
    await engine.close();
    for (const command of [["show", id], ["stats"], ["export", id, "--format", "jsonl"]]) {
      expect((await runHere(["audit", ...command, "--json"], engine)).exit).toBe(1);
    }
    const tail = await runHere(["audit", "tail", "--json"], engine);
    expect(tail.stdout).not.toMatch(/file_read|README|session\.start/);
    const listed = (await runHere(["audit", "list", "--json"], engine)).json();
    expect(listed["sessions"]).toMatchObject([
      { session: id, readable: false, denied: null },
      { readable: true },
      { readable: true },
    ]);
    expect((await runHere(["audit", "verify", "--all"], engine)).exit).toBe(0);
    // No key of the installation opens it: the header names the auditor's and no other.
    const header = readFileSync(join(engine.project, ".agentzero", "audit", `${id}.jsonl`), "utf8").split("\n")[0] ??
      "";
    expect((JSON.parse(header) as { to: readonly { kid: string }[] }).to.map(({ kid }) => kid)).toEqual([
      auditor.keys.auditBox.kid,
    ]);
    const key = join(auditor.home, "keys", "audit-box.key");
    const read = await runHere(["audit", "show", id, "--json", "--key", key], engine);
    expect(read.exit).toBe(0);
    expect(read.stdout).toContain("README.md");
  });
});
