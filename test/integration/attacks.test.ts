import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { DEFAULT_POLICY } from "../../policy/mod.ts";
import type { CallResult } from "../../session/mod.ts";
import { type Engine, openEngine } from "../support/engine.ts";
import { recordOf } from "../support/record.ts";

const CANARY = "canary-5b1e90";

interface Attack {
  readonly name: string;
  readonly tool: string;
  readonly args: (world: World) => unknown;
  /** Says how the call must have ended. */
  readonly ends: Partial<CallResult> | Record<string, unknown>;
  /** Kinds of its records, in order. */
  readonly records: readonly string[];
  /** Finds the damage, if there is any. */
  readonly damage?: (world: World, result: CallResult) => unknown;
}

/** What an attack may reach for. */
interface World {
  readonly engine: Engine;
  /** A file with the canary, outside the project. */
  readonly outside: string;
  /** Port of a listener on this machine, and what it heard. */
  readonly port: number;
  readonly heard: () => number;
}

const RAN = ["intent", "result"];
const STAGED = ["intent", "intent", "result"];
const KEPT_NOTHING = { ok: false, error: { code: "POLICY_DENY" } };

function shell(text: string | ((world: World) => string)): Pick<Attack, "tool" | "args"> {
  return { tool: "shell", args: (at) => ({ command: typeof text === "string" ? text : text(at) }) };
}

function exists(...paths: readonly string[]): (world: World) => unknown {
  return ({ engine }) => paths.filter((path) => existsSync(join(engine.project, path)));
}

const ATTACKS: Readonly<Record<string, readonly Attack[]>> = {
  paths: [
    {
      name: "reads through a link out of the project",
      tool: "read",
      args: () => ({ path: "way-out" }),
      ends: { ok: false, decision: "deny" },
      records: ["intent"],
    },
    {
      name: "writes through a folder that is a link",
      tool: "write",
      args: () => ({ path: "way-up/planted", content: "x" }),
      ends: { ok: false, decision: "deny" },
      records: ["intent"],
      damage: ({ outside }) => existsSync(join(dirname(outside), "planted")) ? ["planted"] : [],
    },
    {
      name: "reads a FIFO that nobody writes to",
      tool: "read",
      args: () => ({ path: "/dev/stdin" }),
      ends: { ok: false, decision: "deny" },
      records: ["intent"],
    },
    {
      name: "reads outside by a command",
      ...shell(({ outside }) => `cat ${outside}`),
      ends: { ok: false },
      records: RAN,
    },
  ],
  "runs later": [
    {
      name: "plants a hook",
      ...shell("d=.git/hooks; mkdir -p $d; echo 'touch pwned' >$d/post-checkout"),
      ends: KEPT_NOTHING,
      records: STAGED,
      damage: exists(".git/hooks/post-checkout"),
    },
    {
      name: "plants a hook in a new nested repository",
      ...shell("d=sub/.git/hooks; mkdir -p $d; echo x >$d/pre-commit"),
      ends: KEPT_NOTHING,
      records: STAGED,
      damage: exists("sub/.git"),
    },
    {
      name: "redirects a repository's configuration",
      ...shell("d=.git; mkdir -p $d; echo /tmp/evil >$d/commondir"),
      ends: KEPT_NOTHING,
      records: STAGED,
      damage: exists(".git/commondir"),
    },
    {
      name: "leaves an .envrc",
      ...shell("f=.envrc; echo 'touch pwned' >$f"),
      ends: KEPT_NOTHING,
      records: STAGED,
      damage: exists(".envrc"),
    },
    {
      name: "changes package scripts, with nobody there to look",
      ...shell(`echo '{"scripts":{"postinstall":"touch pwned"}}' >package.json`),
      ends: { ok: false, error: { code: "APPROVAL_NOBODY" } },
      records: ["intent", "intent", "approval", "result"],
      damage: exists("package.json"),
    },
  ],
  "shell grammar": [
    {
      name: "hides a denied read in a substitution",
      ...shell('echo "$(git show HEAD:.env)"'),
      ends: { ok: false, decision: "deny" },
      records: ["intent"],
    },
    {
      name: "hides a second command behind a line break",
      tool: "shell",
      args: () => ({ argv: ["echo", "x\ncat .env"] }),
      ends: { ok: true, output: "x\ncat .env\n" },
      records: RAN,
    },
    {
      name: "reads a masked file through a wrapper",
      ...shell("env sh -c 'cat .env' ; true"),
      ends: { ok: true },
      records: RAN,
    },
  ],
  privilege: [
    {
      name: "makes a user namespace",
      ...shell("unshare --user --map-root-user id -u && touch gained"),
      ends: { ok: false },
      records: RAN,
      damage: exists("gained"),
    },
    {
      name: "signals the agent",
      ...shell(`kill -0 ${process.pid} && touch gained`),
      ends: { ok: false },
      records: RAN,
      damage: exists("gained"),
    },
    {
      name: "writes its own record",
      ...shell("d=.agentzero; (echo x >>$d/policy.yml) || ls $d/audit && touch gained"),
      ends: { ok: false },
      records: RAN,
      damage: exists("gained"),
    },
  ],
  resources: [
    {
      name: "never ends",
      tool: "shell",
      args: () => ({ command: "touch made; sleep 68.5", timeout_ms: 300 }),
      ends: { ok: false, error: { code: "LIMIT_TIME" } },
      records: RAN,
      damage: exists("made"),
    },
    {
      name: "never stops printing",
      ...shell("yes"),
      ends: { ok: false, error: { code: "LIMIT_OUTPUT" } },
      records: RAN,
    },
  ],
  network: [
    {
      name: "talks to this machine",
      ...shell(({ port }) => `exec 3<>/dev/tcp/127.0.0.1/${port}`),
      ends: { ok: false },
      records: RAN,
    },
    {
      name: "asks for a host that no rule names",
      tool: "shell",
      args: ({ port }) => ({ command: "true", hosts: [`127.0.0.1:${port}`] }),
      ends: { ok: false, decision: "deny" },
      records: ["intent"],
    },
    {
      name: "asks for the metadata service",
      tool: "fetch",
      args: () => ({ url: "http://169.254.169.254/latest/meta-data" }),
      ends: { ok: false, decision: "deny" },
      records: ["intent"],
    },
  ],
};

async function world(): Promise<World> {
  let heard = 0;
  const server = createServer((socket) => {
    heard++;
    socket.destroy();
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const engine = await openEngine({ files: { ".env": CANARY }, policy: DEFAULT_POLICY, person: "nobody" });
  const folder = join(dirname(engine.project), "elsewhere");
  mkdirSync(folder);
  const outside = join(folder, "secret");
  writeFileSync(outside, CANARY);
  symlinkSync(outside, join(engine.project, "way-out"));
  symlinkSync(folder, join(engine.project, "way-up"));
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { engine, outside, port, heard: () => heard };
}

describe.each(Object.entries(ATTACKS))("an attack by %s", (_, attacks) => {
  it.each(attacks)("that $name has no effect, and exactly its records", async (attack) => {
    const at = await world();
    const result = await at.engine.call(attack.tool, attack.args(at));
    expect(result).toMatchObject(attack.ends);
    expect(attack.damage?.(at, result) ?? []).toEqual([]);
    expect(at.heard()).toBe(0);
    expect(readFileSync(at.outside, "utf8")).toBe(CANARY);
    expect(existsSync(join(at.engine.project, "pwned"))).toBe(false);
    expect(JSON.stringify([result, at.engine.events])).not.toContain(CANARY);
    const records = (await recordOf(at.engine)).filter(({ call }) => call === result.call);
    expect(records.map(({ event }) => event)).toEqual(attack.records);
    // One decision for what was proposed; whatever it left was decided as its child.
    const proposed = records.filter(({ event, parent_id: parent }) => event === "intent" && (parent ?? null) === null);
    expect(proposed.length).toBe(1);
    expect(proposed[0]).toMatchObject({ tool: attack.tool, decision: result.decision });
  });
});

describe("an honest twin", () => {
  it.each(
    [
      ["reads inside", "read", { path: "README.md" }, "Sample"],
      ["prints, ends and fails like any command", "shell", { command: "echo fine" }, "fine"],
      ["talks inside the sandbox", "shell", { command: "echo ok | cat" }, "ok"],
    ] as const,
  )("that %s does what it says, with the same records", async (...[, tool, args, seen]) => {
    const { engine } = await world();
    const result = await engine.call(tool, args);
    expect(result).toMatchObject({ ok: true, output: expect.stringContaining(seen) });
    const records = (await recordOf(engine)).filter(({ call }) => call === result.call);
    expect(records.map(({ event }) => event)).toEqual(RAN);
  });
});
