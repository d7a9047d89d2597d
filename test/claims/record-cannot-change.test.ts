import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEngine } from "../support/engine.ts";
import { runAgentzero } from "../support/run-agentzero.ts";

async function recorded(): Promise<{ cwd: string; home: string; file: string; session: string }> {
  const engine = await openEngine({ person: "yes" });
  await engine.call("read", { path: "README.md" });
  await engine.call("write", { path: "a.txt", content: "x" });
  await engine.call("read", { path: "/etc/passwd" });
  await engine.close();
  const session = engine.composed.session.id;
  return {
    cwd: engine.project,
    home: engine.home,
    session,
    file: join(engine.project, ".agentzero/audit", `${session}.jsonl`),
  };
}

describe("the record cannot be quietly changed", () => {
  it("names the session of any flipped byte", async () => {
    const { cwd, home, file, session } = await recorded();
    const good = readFileSync(file);
    expect((await runAgentzero(["audit", "verify", "--all"], { cwd, home, env: { HOME: dirname(home) } })).exit).toBe(
      0,
    );
    // A few places by command line; every bit of a log is flipped in test/audit.
    for (const share of [0.01, 0.5, 0.99]) {
      const bad = Buffer.from(good);
      const at = Math.floor(bad.length * share);
      bad[at] = (bad[at] ?? 0) ^ 1;
      writeFileSync(file, bad);
      const verified = await runAgentzero(["audit", "verify", "--all", "--json"], {
        cwd,
        home,
        env: { HOME: dirname(home) },
      });
      expect(verified.exit).toBe(7);
      const { ok, sessions } = verified.json() as {
        ok: boolean;
        sessions: { session: string; ok: boolean; problems: unknown[] }[];
      };
      expect(ok).toBe(false);
      const hit = sessions.find((entry) => entry.session === session);
      expect(hit).toMatchObject({
        ok: false,
        problems: expect.arrayContaining([expect.objectContaining({ code: expect.stringMatching(/^[A-Z_]+$/u) })]),
      });
    }
  });

  it.each<[string, (at: { cwd: string; file: string; session: string }) => void]>([
    ["a removed session", ({ file }) => rmSync(file)],
    [
      "a cut tail",
      ({ file }) =>
        writeFileSync(file, `${readFileSync(file, "utf8").trimEnd().split("\n").slice(0, -2).join("\n")}\n`),
    ],
    ["two swapped lines", ({ file }) => {
      const lines = readFileSync(file, "utf8").trimEnd().split("\n");
      const [a = "", b = "", c = "", ...rest] = lines;
      writeFileSync(file, `${[a, c, b, ...rest].join("\n")}\n`);
    }],
    ["a lost ledger", ({ cwd }) => rmSync(join(cwd, ".agentzero/audit/HEADS"))],
    ["a session of somebody else", ({ file, session }) => {
      copyFileSync(file, file.replace(session, `${session.slice(0, -1)}${session.endsWith("0") ? "1" : "0"}`));
    }],
  ])("finds %s", async (_, tamper) => {
    const { cwd, home, file, session } = await recorded();
    tamper({ cwd, file, session });
    const verified = await runAgentzero(["audit", "verify", "--all", "--json"], {
      cwd,
      home,
      env: { HOME: dirname(home) },
    });
    expect(verified.exit).toBe(7);
    expect(verified.json()).toMatchObject({ ok: false });
  });

  it("holds nothing readable but sequence numbers and times", async () => {
    const { cwd, file } = await recorded();
    const text = readFileSync(file, "utf8");
    for (const word of ["README", "passwd", "write-project", "file_read", cwd]) expect(text).not.toContain(word);
    expect(readdirSync(join(cwd, ".agentzero/audit"))).toContain("HEADS");
  });
});
