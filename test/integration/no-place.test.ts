import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { initialise, type Ran, runAgentzero } from "../support/run-agentzero.ts";
import { sharedDir } from "../support/temp-dir.ts";

const at = { base: "", cwd: "", home: "" };
const READ = ["call", "read", '{"path":"README.md"}', "--json"];

beforeAll(async () => {
  const base = sharedDir({ "shop/README.md": "# Shop\n", "me/x": "", "file": "not a folder\n" });
  Object.assign(at, { base, cwd: join(base, "shop"), home: join(base, "home") });
  await initialise(at);
  const policy = join(at.cwd, ".agentzero/policy.yml");
  const rule =
    "rules:\n  - { id: net, effect: allow, capability: network_request, hosts: [example.invalid], ports: [443] }\n";
  writeFileSync(policy, readFileSync(policy, "utf8").replace(/^rules:\n/m, rule));
  const trusted = await start(["policy", "trust", "--sha256", await digestOf(policy)]);
  if (trusted.exit !== 0) throw new Error(`the policy is not trusted: ${trusted.stderr}`);
});

async function digestOf(path: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", readFileSync(path))).toString("hex");
}

function start(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return runAgentzero(words, { ...at, env: { HOME: join(at.base, "me"), ...env } });
}

function shell(args: unknown, env: Readonly<Record<string, string>>): Promise<Ran> {
  return start(["call", "shell", JSON.stringify(args), "--approve", "--json"], env);
}

/** Code and hint of a refusal. */
function errorOf(ran: Ran): Readonly<Record<string, string>> | null {
  return ran.json()["error"] as Readonly<Record<string, string>> | null;
}

// A place that not even root can write to: `/proc` takes no folders.
describe.skipIf(process.platform !== "linux")("a TMPDIR that is", () => {
  it.for([["missing", "gone"], ["a file", "file"], ["not to be written", "/proc"]] as const)(
    "%s costs only what needs it: reading and plain commands work, a command with hosts is refused",
    async ([, place]) => {
      const env = { TMPDIR: place.startsWith("/") ? place : join(at.base, place) };
      const made = `made-${place.replaceAll("/", "")}.txt`;
      const [read, plain, hosts] = await Promise.all([
        start(READ, env),
        shell({ command: `cp README.md ${made}` }, env),
        shell({ command: "touch never.txt", hosts: ["example.invalid:443"] }, env),
      ]);
      expect([read.exit, read.json()["output"]]).toEqual([0, expect.stringContaining("# Shop")]);
      expect([plain.exit, readFileSync(join(at.cwd, made), "utf8")]).toEqual([0, "# Shop\n"]);
      expect([hosts.exit, errorOf(hosts)]).toMatchObject([
        5,
        {
          code: "TIER_UNAVAILABLE",
          message: expect.stringContaining(env.TMPDIR),
          hint: expect.stringContaining("TMPDIR"),
        },
      ]);
      expect(existsSync(join(at.cwd, "never.txt"))).toBe(false);
      // The canary of reading went to the home instead, and is gone.
      expect(readdirSync(at.home).filter((name) => name.startsWith("agentzero-probe-"))).toEqual([]);
      expect(readdirSync(join(at.cwd, ".agentzero/state/stage"))).toEqual([]);
      expect((await start(["audit", "verify", "--all", "--json"])).json()).toMatchObject({ ok: true });
    },
  );
});

describe.skipIf(process.platform !== "linux")("a TMPDIR that is no folder", () => {
  const TOOL = {
    name: "adder",
    description: "Adds",
    language: "javascript",
    source: "function run(input) { return input.a + 1; }",
    input_schema: { type: "object" },
    examples: [{ input: { a: 1 }, output: 2 }],
  };

  it.for([["missing", "gone"], ["a file", "file"]] as const)(
    "since it is %s is what a tool that cannot be made is told for, not its source, and nothing is registered",
    async ([, name]) => {
      const env = { TMPDIR: join(at.base, name) };
      const made = await start(["call", "generate_tool", JSON.stringify(TOOL), "--approve", "--json"], env);
      expect([made.exit, errorOf(made)]).toMatchObject([
        5,
        {
          code: "TIER_UNAVAILABLE",
          message: expect.stringContaining(env.TMPDIR),
          hint: expect.stringContaining("set TMPDIR"),
        },
      ]);
      expect((await start(["tool", "list", "--json"])).stdout).not.toContain("adder");
    },
  );

  it("stops the demo, which says so", async () => {
    const demo = await start(["demo", "--json"], { TMPDIR: join(at.base, "gone") });
    expect([demo.exit, errorOf(demo)]).toMatchObject([
      1,
      {
        code: "WRITE_FAILED",
        message: expect.stringContaining(join(at.base, "gone")),
        hint: expect.stringContaining("set TMPDIR"),
      },
    ]);
  });
});

describe.skipIf(process.platform !== "linux")("doctor", () => {
  it.for([["that cannot be made", "/proc/agentzero/home"], ["below a file", "file/home"]] as const)(
    "fails for a home %s, and leaves nothing behind",
    async ([, place]) => {
      const home = place.startsWith("/") ? place : join(at.base, place);
      const before = readdirSync(at.base);
      const doctor = await start(["doctor", "--json", "--home", home]);
      expect(doctor.exit).toBe(1);
      expect(doctor.json()["checks"]).toContainEqual({
        name: "home",
        status: "fail",
        detail: expect.stringContaining(home),
        fix: expect.stringMatching(/AGENTZERO_HOME|check/),
      });
      expect(readdirSync(at.base)).toEqual(before);
    },
  );

  it("makes nothing beside a home that does not exist yet", async () => {
    const before = readdirSync(at.base);
    const doctor = await start(["doctor", "--json", "--home", join(at.base, "new/home")]);
    expect(doctor.json()["checks"]).toContainEqual(
      expect.objectContaining({ name: "home", status: "warn", fix: "agentzero init" }),
    );
    expect(readdirSync(at.base)).toEqual(before);
  });

  it("says that TMPDIR is the trouble, not the kernel", async () => {
    const doctor = await start(["doctor"], { TMPDIR: "/proc" });
    expect([doctor.exit, doctor.stdout]).toEqual([1, expect.stringContaining("set TMPDIR")]);
    expect(doctor.stdout).not.toContain("security-opt");
  });
});

describe.skipIf(process.platform !== "linux")("a home", () => {
  it.for(
    [
      ["that cannot be made", "/proc/agentzero", 1, "WRITE_FAILED"],
      ["below a file", "file/home", 1, "WRITE_FAILED"],
      ["that is a file", "file", 7, "HOME_UNSAFE"],
    ] as const,
  )("%s stops every command that needs it, before anything is written", async ([, place, exit, code]) => {
    const home = place.startsWith("/") ? place : join(at.base, place);
    const sessions = readdirSync(join(at.cwd, ".agentzero/audit"));
    const write = ["call", "write", '{"path":"new.txt","content":"x"}', "--approve", "--json"];
    const all = await Promise.all(
      [READ, write, ["vault", "list", "--json"], ["init", "--json"]].map((words) => start([...words, "--home", home])),
    );
    for (const ran of all) {
      expect([ran.exit, errorOf(ran)]).toMatchObject([
        exit,
        { code, message: expect.stringContaining(home), hint: expect.stringContaining("--home") },
      ]);
    }
    expect(existsSync(join(at.cwd, "new.txt"))).toBe(false);
    expect(readdirSync(join(at.cwd, ".agentzero/audit"))).toEqual(sessions);
    expect(readFileSync(join(at.base, "file"), "utf8")).toBe("not a folder\n");
  });

  it("whose parents are missing is made with them", async () => {
    const cwd = join(at.base, "other");
    mkdirSync(cwd);
    const home = join(at.base, "not/yet/there");
    const ran = await runAgentzero(["init"], { cwd, home, env: { HOME: join(at.base, "me") } });
    expect([ran.exit, ran.stderr]).toEqual([0, ""]);
    expect(existsSync(join(home, "keys"))).toBe(true);
  });
});
