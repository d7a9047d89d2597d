import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { Permit } from "../../core/mod.ts";
import { createHostFiles, createHostWriter } from "../../sandbox/mod.ts";
import { openEngine } from "../support/engine.ts";
import { runAgentzero, startAgentzero } from "../support/run-agentzero.ts";
import { tempDir } from "../support/temp-dir.ts";
import { rig } from "../sandbox/rig.ts";

describe("nothing happens unasked", () => {
  it("leaves one intent before each result, for allowed, asked and denied calls alike", async () => {
    const engine = await openEngine({ person: "yes" });
    const calls = [
      await engine.call("read", { path: "README.md" }),
      await engine.call("write", { path: "a.txt", content: "x" }),
      await engine.call("read", { path: "/etc/passwd" }),
      await engine.call("shell", { command: "echo 1 > b.txt" }),
    ];
    await engine.close();
    const shown = await runAgentzero(["audit", "show", engine.composed.session.id, "--json"], {
      cwd: engine.project,
      home: engine.home,
      env: { HOME: dirname(engine.home) },
    });
    const events = shown.stdout.trim().split("\n").map((line): { seq?: number; event?: string; call?: string } =>
      JSON.parse(line)
    );
    for (const call of calls) {
      const own = events.filter((event) => event.call === call.call).map((event) => event.event);
      expect(own[0]).toBe("intent");
      // A deny is final; whatever else was decided has its result on record too.
      expect(own.at(-1)).toBe(call.decision === "deny" ? "intent" : "result");
    }
  });

  it("does not run a tier for a permit that the gate did not mint", async () => {
    const { deps, put, io: plainIo } = rig();
    const target = put("a.txt", "old");
    const io = plainIo();
    const files = createHostFiles(deps);
    const writer = createHostWriter(deps);
    const spec = { op: "read", target, offset: 1, limit: null, maxBytes: 10 } as const;
    const write = { op: "write", target, content: new Uint8Array([120]), expect: null, createParents: false } as const;
    expect(await files.run(new Permit(), spec, io)).toMatchObject({
      ok: false,
      started: false,
      code: "PERMIT_INVALID",
    });
    expect(await writer.run(new Permit(), write, io)).toMatchObject({
      ok: false,
      started: false,
      code: "PERMIT_INVALID",
    });
    expect(readFileSync(target, "utf8")).toBe("old");
    // @ts-expect-error a tier does not compile without a permit
    const bare = await files.run({}, spec, io);
    expect(bare).toMatchObject({ ok: false, started: false, code: "PERMIT_INVALID" });
  });

  it("shows what was under way when the process was killed, and the log still verifies", async () => {
    const cwd = tempDir({ "README.md": "x" });
    const home = join(tempDir(), "home");
    expect((await runAgentzero(["init"], { cwd, home, env: { HOME: dirname(home) } })).exit).toBe(0);
    // Of this process alone: the same test runs beside it on the other runtime.
    const nap = `sleep 300.${process.pid}`;
    const child = startAgentzero(["call", "shell", `{"command":"${nap}; echo done > late.txt"}`, "--approve"], {
      cwd,
      home,
      env: { HOME: dirname(home) },
    });
    await appears(join(cwd, ".agentzero/state/stage"));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    const verified = await runAgentzero(["audit", "verify", "--all", "--json"], {
      cwd,
      home,
      env: { HOME: dirname(home) },
    });
    expect(verified.exit).toBe(0);
    const { sessions } = verified.json() as { sessions: { ok: boolean; closed: boolean; dangling: unknown }[] };
    const killed = sessions.find((session) => !session.closed);
    expect(killed).toMatchObject({ ok: true, closed: false });
    expect(JSON.stringify(killed?.dangling)).toMatch(/exe_|1/u);
    expect(existsSync(join(cwd, "late.txt"))).toBe(false);
    await expect.poll(() => spawnSync("pgrep", ["-f", nap], { encoding: "utf8" }).stdout).toBe("");
    expect(existsSync(join(cwd, "late.txt"))).toBe(false);
  });
});

/** Waits until a folder has an entry. */
async function appears(folder: string): Promise<void> {
  for (;;) {
    if (existsSync(folder) && readdirSync(folder).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
