import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { ENTRY, initialise } from "../../support/run-agentzero.ts";
import { sharedDir } from "../../support/temp-dir.ts";

/** A client of the protocol that others wrote; it runs on Node, whatever the tests run on. */
const ACPX = fileURLToPath(new URL("../../../node_modules/acpx/dist/cli.js", import.meta.url));
const NODE = fileURLToPath(new URL("../../../node_modules/.bin/node", import.meta.url));
const OWN = process.versions["deno"] === undefined ? [process.execPath] : [process.execPath, "run", "-A"];

/** Each run starts two programs: what others of these tests show as well is left to the long run. */
const QUICK = Number(process.env["AZ_SCALE"] ?? "1") <= 1;

const TURNS: Readonly<Record<string, string>> = {
  hi: '- text: "hello from the script"\n',
  write: '- calls: [{tool: write, args: {path: out.txt, content: "hi\\n"}}]\n- text: "done"\n',
  secret: '- calls: [{tool: read, args: {path: .env}}]\n- text: "denied"\n',
  slow: '- calls: [{tool: shell, args: {command: "sleep 300"}}]\n- text: "late"\n',
  all:
    '- calls: [{tool: read, args: {path: README.md}}, {tool: write, args: {path: out.txt, content: "x"}}, {tool: shell, args: {command: "true"}}]\n- text: "done"\n',
};

const at = { base: "", cwd: "", home: "", me: "" };

beforeAll(async () => {
  const base = sharedDir({ "shop/README.md": "# Shop\n", "shop/.env": "TOKEN=fake-token-fake-token\n", "me/x": "" });
  Object.assign(at, { base, cwd: join(base, "shop"), home: join(base, "home"), me: join(base, "me") });
  for (const [name, turns] of Object.entries(TURNS)) writeFileSync(join(base, `${name}.yml`), turns);
  await initialise(at);
});

interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function agent(script: string): string {
  const words = [...OWN, ENTRY, "acp", "--provider", "script", "--script", join(at.base, `${script}.yml`)];
  return words.map((word) => `"${word}"`).join(" ");
}

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: at.me, AGENTZERO_HOME: at.home, NO_COLOR: "1", ...more };
}

function acpx(script: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Ended {
  const ran = spawnSync(NODE, [ACPX, "--agent", agent(script), ...args], {
    cwd: at.cwd,
    env: environment(more),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000,
  });
  return { exit: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

function policy(rules: unknown): readonly string[] {
  return ["--permission-policy", JSON.stringify(rules), "exec", "write"];
}

function written(): boolean {
  const file = join(at.cwd, "out.txt");
  const exists = existsSync(file);
  rmSync(file, { force: true });
  return exists;
}

describe("acpx drives the agent", () => {
  it("runs one prompt, in text, quiet and json", () => {
    expect(acpx("hi", ["--format", "quiet", "exec", "hi"]).stdout.trim()).toBe("hello from the script");
    const json = acpx("hi", ["--format", "json", "--json-strict", "exec", "hi"]);
    expect(json.exit).toBe(0);
    for (const line of json.stdout.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("jsonrpc");
  });

  it("writes after an approval, and only then", () => {
    expect(acpx("write", ["--approve-all", "exec", "write"]).exit).toBe(0);
    expect(written()).toBe(true);
    expect(acpx("write", ["exec", "write"]).exit).toBe(5);
    expect(written()).toBe(false);
  });

  it.skipIf(QUICK)("lets the client's own rules answer (only with AZ_SCALE above 1)", () => {
    expect(acpx("write", ["--deny-all", "exec", "write"]).exit).toBe(5);
    expect(written()).toBe(false);
    expect(acpx("write", policy({ autoApprove: ["edit"], defaultAction: "deny" })).exit).toBe(0);
    expect(written()).toBe(true);
    expect(acpx("write", policy({ autoDeny: ["edit"], defaultAction: "approve" })).exit).toBe(5);
    expect(written()).toBe(false);
  });

  it("asks nothing about what policy denies, and offers no way around it", () => {
    const denied = acpx("secret", ["--approve-all", "exec", "read it"]);
    expect(denied.exit).toBe(0);
    expect(denied.stdout + denied.stderr).not.toContain("fake-token");
  });

  it("needs neither files nor terminals of the client", () => {
    const wire = acpx("all", ["--approve-all", "--format", "json", "exec", "read write shell"]);
    expect(wire.exit).toBe(0);
    expect(written()).toBe(true);
    expect(wire.stdout).not.toMatch(/"method":"(?:fs|terminal)\//);
  });

  it("starts no tool server that the client was configured with", () => {
    const marker = join(at.base, "started");
    const file = join(at.base, "mcp.json");
    writeFileSync(
      file,
      JSON.stringify({ mcpServers: [{ name: "x", type: "stdio", command: "/usr/bin/touch", args: [marker] }] }),
    );
    const ran = acpx("hi", ["--mcp-config", file, "--format", "json", "exec", "hi"]);
    expect(ran.stdout).toContain("is not started");
    expect(ran.exit).toBe(0);
    expect(existsSync(marker)).toBe(false);
  });

  it("is told that nobody can be asked, in its own words", () => {
    const args = ["--approve-reads", "--non-interactive-permissions", "fail", "--format", "json", "--json-strict"];
    const ran = acpx("write", [...args, "exec", "write"]);
    expect([ran.exit, written()]).toEqual([5, false]);
    expect(JSON.parse(ran.stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ error: { code: -32_072 } });
  });

  it.skipIf(QUICK)("signs in by the one method there is (only with AZ_SCALE above 1)", () => {
    expect(acpx("hi", ["--auth-policy", "fail", "exec", "hi"]).exit).toBe(1);
    expect(acpx("hi", ["--auth-policy", "fail", "exec", "hi"], { ACPX_AUTH_LOCAL: "x" }).exit).toBe(0);
  });

  it.skipIf(QUICK)("goes on with a session after its owner has ended (only with AZ_SCALE above 1)", async () => {
    mkdirSync(join(at.me, ".acpx"), { recursive: true });
    expect(acpx("hi", ["sessions", "new", "--name", "s2"]).exit).toBe(0);
    expect(acpx("hi", ["--ttl", "1", "prompt", "-s", "s2", "one"]).exit).toBe(0);
    // The owner lives for a second after the prompt; only time tells that it is gone.
    await new Promise((done) => setTimeout(done, 4_000));
    const again = acpx("hi", ["--verbose", "prompt", "-s", "s2", "two"]);
    expect([again.exit, again.stderr]).toEqual([0, expect.not.stringContaining("started fresh session")]);
    acpx("hi", ["sessions", "close", "s2"]);
  });

  it("is told when it takes too long, and when it is interrupted", async () => {
    expect(acpx("slow", ["--timeout", "2", "exec", "slow"]).exit).toBe(3);
    const child = spawn(NODE, [ACPX, "--agent", agent("slow"), "exec", "slow"], {
      cwd: at.cwd,
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let shown = "";
    let stopped = false;
    child.stdout.on("data", (chunk: Uint8Array) => {
      shown += new TextDecoder().decode(chunk);
      if (stopped || !shown.includes("sleep 300")) return;
      // Not by `child.kill`: after that Deno reports an end by the signal, however it ended.
      stopped = process.kill(child.pid ?? 0, "SIGINT");
    });
    const exit = await new Promise((resolve) => child.on("close", resolve));
    expect([exit, shown]).toEqual([0, expect.stringContaining("cancelled")]);
  });

  it("keeps a named session: prompts, mode, model, status", () => {
    mkdirSync(join(at.me, ".acpx"), { recursive: true });
    expect(acpx("hi", ["sessions", "new", "--name", "s1"]).exit).toBe(0);
    expect(acpx("hi", ["prompt", "-s", "s1", "one"])).toMatchObject({ exit: 0 });
    expect(acpx("hi", ["set-mode", "read-only", "-s", "s1"]).exit).toBe(0);
    expect(acpx("hi", ["set", "model", "builtin", "-s", "s1"]).exit).toBe(0);
    expect(acpx("hi", ["status", "-s", "s1"]).exit).toBe(0);
    expect(acpx("hi", ["cancel", "-s", "s1"]).exit).toBe(0);
    expect(acpx("hi", ["prompt", "-s", "nope", "hi"]).exit).toBe(4);
    acpx("hi", ["sessions", "close", "s1"]);
  });
});
