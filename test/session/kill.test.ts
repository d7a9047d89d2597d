import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEngine } from "../support/engine.ts";
import { runAgentzero, startAgentzero } from "../support/run-agentzero.ts";

const KILLS = Math.ceil(6 * (Number(process.env["AZ_SCALE"] ?? "1") || 1));
const WRITES = 40;

// Every fourth step is a command, whose change is kept like a write. After the last it waits: it never ends by itself.
const SCRIPT = Array.from({ length: WRITES }, (_, n) => {
  const path = `out-${n}.txt`;
  const call = n % 4 === 3
    ? { tool: "shell", args: { command: `echo ${n} > ${path}` } }
    : { tool: "write", args: { path, content: `${n}` } };
  return `- ${JSON.stringify({ calls: [call] })}\n`;
}).concat('- { calls: [{ tool: shell, args: { command: "sleep 600" } }] }\n').join("");

const POLICY = [
  "version: 2",
  "rules:",
  "  - { id: write, effect: allow, capability: file_write, paths: ['${project}/**'] }",
  "  - { id: run, effect: allow, capability: shell_command, cwd: ['${project}/**'], tainted: any }",
  "",
].join("\n");

interface Recorded {
  readonly event?: string;
  readonly actions?: readonly { readonly capability: string; readonly target: string }[];
}

describe("a process that is killed anywhere", () => {
  it("has changed nothing that is not on record, and leaves a record that verifies", async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      const engine = await openEngine({ policy: POLICY, files: { "turns.yml": SCRIPT } });
      await engine.close();
      const { project: cwd, home } = engine;
      const at = { cwd, home, env: { HOME: dirname(home) } };
      const args = ["run", "go", "--provider", "script", "--script", "turns.yml", "--max-turns", "100"];
      const child = startAgentzero(args, at);
      let said = "";
      child.stdout?.on("data", (piece: Buffer) => void (said += piece.toString()));
      child.stderr?.on("data", (piece: Buffer) => void (said += piece.toString()));
      child.stdin?.end();
      const ended = new Promise((resolve) => child.once("close", resolve));
      // After some writes, and then a moment that differs from run to run.
      const awaited = join(cwd, `out-${(kill * 5) % 30}.txt`);
      while (child.exitCode === null && !existsSync(awaited)) await pause(5);
      if (child.exitCode !== null) throw new Error(`it ended by itself with ${child.exitCode}: ${said.slice(-500)}`);
      await pause((kill * 7) % 40);
      child.kill("SIGKILL");
      await ended;

      const verified = await runAgentzero(["audit", "verify", "--all", "--json"], at);
      expect(verified.exit).toBe(0);
      const { sessions } = verified.json() as { sessions: readonly { session: string; closed: boolean }[] };
      const killed = sessions.find(({ closed }) => !closed)?.session ?? "";
      const shown = await runAgentzero(["audit", "show", killed, "--json"], at);
      const intents = shown.stdout.trim().split("\n").map((line): Recorded => JSON.parse(line))
        .filter(({ event }) => event === "intent")
        .flatMap(({ actions }) => actions ?? []).filter(({ capability }) => capability === "file_write")
        .map(({ target }) => target);
      const written = readdirSync(cwd).filter((name) => name.startsWith("out-")).map((name) => join(cwd, name));
      expect(written.length).toBeGreaterThan(0);
      expect(written.filter((path) => !intents.includes(path))).toEqual([]);
    }
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
