import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, test } from "vitest";
import { type Ran, runAgentzero } from "../../../support/run-agentzero.ts";
import { sharedDir } from "../../../support/temp-dir.ts";

const at = { cwd: "", home: "" };

beforeAll(() => {
  const base = sharedDir({
    "webapp/.env": "OPENAI_API_KEY=fake-openai-key-123456\nexport DB_PASS=short\nEMPTY=\n",
    "webapp/src/config.ts": `const a = 1;\nconst key = "${Buffer.from("fake-token-0123456789").toString("base64")}";\n`,
  });
  Object.assign(at, { cwd: join(base, "webapp"), home: join(base, "home") });
});

function vault(args: readonly string[], input = ""): Promise<Ran> {
  return runAgentzero(["vault", ...args], { ...at, input });
}

// One story: later tests use what earlier ones stored.
describe("agentzero vault", () => {
  it("lists nothing before there is anything", async () => {
    const ran = await vault(["list", "--json"]);
    expect([ran.exit, ran.json()]).toEqual([
      0,
      expect.objectContaining({ v: 1, secrets: [], vault: expect.objectContaining({ state: "none" }) }),
    ]);
  });

  it("stores a value from stdin under its short name, with a place", async () => {
    const ran = await vault([
      "set",
      "demo/token",
      "--note",
      "mine",
      "--expires",
      "2999-12-31",
      "--host",
      "api.example.com:443",
      "--slot",
      "bearer",
      "--json",
    ], "fake-token-0123456789\n");
    expect([ran.exit, ran.json()]).toEqual([0, {
      v: 1,
      ok: true,
      handle: "handle://vault/demo/token",
      version: 1,
      warnings: [],
    }]);
    const listed = await vault(["list", "--json"]);
    expect(listed.json()).toMatchObject({
      vault: { state: "open", generation: 1, unlock: [{ by: "key" }] },
      secrets: [{
        handle: "handle://vault/demo/token",
        version: 1,
        note: "mine",
        expires: "2999-12-31T23:59:59.999Z",
        bindings: [{ host: "api.example.com:443", slot: "bearer" }],
      }],
    });
    expect((await vault(["list"])).stdout).toContain("bearer at api.example.com:443");
  });

  test.for<readonly [string, readonly string[]]>([
    ["as an argument", ["set", "demo/other", "fake-value-on-argv-1"]],
    ["that begins with a dash", ["set", "demo/other", "-fake-value-on-argv-1"]],
    ["as an option", ["set", "demo/other", "--value=fake-value-on-argv-1"]],
    ["as an assignment", ["set", "demo/other=fake-value-on-argv-1"]],
    ["for rotate", ["rotate", "demo/token", "fake-value-on-argv-1"]],
  ])("refuses a value %s unread, and does not repeat it", async ([, args]) => {
    const ran = await vault(args, "fake-value-on-stdin-1");
    expect([ran.exit, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain("treat that value as exposed");
    expect(ran.stderr).not.toContain("fake-value-on-argv");
  });

  test.for<readonly [string, readonly string[], number, string]>([
    ["a short value", ["set", "demo/other"], 2, "SECRET_TOO_SHORT"],
    ["an existing handle", ["set", "demo/token"], 2, "SECRET_EXISTS"],
    ["a malformed handle", ["set", "Demo/token"], 2, "SECRET_HANDLE"],
    ["another provider", ["set", "handle://env/a/b"], 2, "SECRET_HANDLE"],
    ["a day in the past", ["set", "demo/other", "--expires", "2001-01-01"], 2, "USAGE"],
    ["a misspelled option", ["set", "demo/other", "--expire", "2999-01-01"], 2, "USAGE"],
    ["half a place", ["bind", "demo/token", "--host", "a.b:443"], 2, "USAGE"],
    ["no place", ["bind", "demo/token"], 2, "USAGE"],
    ["a wildcard", ["bind", "demo/token", "--host", "*.b:443", "--slot", "bearer"], 2, "BINDING_INVALID"],
    ["an unknown handle to bind", ["bind", "no/such", "--host", "a.b:443", "--slot", "bearer"], 4, "SECRET_UNKNOWN"],
    ["an unknown handle to rotate", ["rotate", "no/such"], 4, "SECRET_UNKNOWN"],
    ["an unknown handle to remove", ["rm", "no/such", "--yes"], 4, "SECRET_UNKNOWN"],
    ["a removal that nobody confirms", ["rm", "demo/token"], 2, "NO_TERMINAL"],
    ["an older vault without a person", ["rotate", "--accept-generation", "1"], 2, "NO_TERMINAL"],
    ["nothing to rotate", ["rotate"], 2, "USAGE"],
    ["a folder that is not there", ["scan", "nowhere"], 4, "NOT_FOUND"],
    ["history without git", ["scan", ".", "--history"], 4, "NOT_FOUND"],
  ])("refuses %s", async ([, args, exit, code]) => {
    const ran = await vault([...args, "--json"], "short");
    expect([ran.exit, ran.json()]).toMatchObject([exit, { v: 1, error: { code } }]);
  });

  it("binds, and clears bindings", async () => {
    const bound = await vault([
      "bind",
      "demo/token",
      "--slot",
      "header:X-Key",
      "--host",
      "b.example:8443",
      "--methods",
      "get,post",
      "--format",
      "key {}",
      "--json",
    ]);
    expect(bound.json()).toMatchObject({
      bindings: [{ slot: "bearer" }, { slot: "header:x-key", methods: ["GET", "POST"], format: "key {}" }],
    });
    const only = await vault([
      "bind",
      "demo/token",
      "--clear",
      "--slot",
      "env:DEMO_TOKEN",
      "--command",
      process.execPath,
      "--json",
    ]);
    expect(only.json()).toMatchObject({ bindings: [{ slot: "env:DEMO_TOKEN" }] });
  });

  it("imports a dotenv file, after a look at what would happen", async () => {
    const dry = await vault(["import", ".env", "--dry-run"]);
    expect(dry.exit).toBe(1);
    expect(dry.stdout).toBe(
      "OPENAI_API_KEY  handle://vault/webapp/openai-api-key  would be stored\n" +
        "DB_PASS         handle://vault/webapp/db-pass         skipped: shorter than 8 bytes\n" +
        "EMPTY           handle://vault/webapp/empty           skipped: empty\n",
    );
    const ran = await vault(["import", ".env", "--json"]);
    expect(ran.json()).toMatchObject({
      v: 1,
      dry_run: false,
      entries: [{ status: "stored" }, { status: "refused" }, { status: "skipped" }],
    });
    expect(readFileSync(join(at.cwd, ".env"), "utf8")).toContain("fake-openai-key-123456");
    expect((await vault(["import", ".env", "--group", "Web App"])).exit).toBe(2);
    expect((await vault(["import", "missing.env"])).exit).toBe(4);
    // A value that is not what the file holds would be kept without a word.
    writeFileSync(join(at.cwd, "latin1.env"), Uint8Array.of(0x4b, 0x3d, 0xe4, 0x0a));
    spawnSync("mkfifo", [join(at.cwd, "fifo.env")]);
    expect((await vault(["import", "latin1.env", "--json"])).stdout).toContain("it is not UTF-8 text");
    expect((await vault(["import", "fifo.env", "--json"])).stdout).toContain("it is not a regular file");
    for (const name of ["latin1.env", "fifo.env"]) rmSync(join(at.cwd, name));
  });

  it("scans files and stdin, exit 1 with findings", async () => {
    const ran = await vault(["scan", "src"]);
    expect([ran.exit, ran.stdout]).toEqual([
      1,
      "src/config.ts:2:14  handle://vault/demo/token  base64\n1 finding in 1 file\n",
    ]);
    const piped = await vault(["scan", "-", "--json"], "x fake-openai-key-123456");
    expect([piped.exit, piped.json()]).toMatchObject([1, {
      v: 1,
      files: 1,
      findings: [{ path: "-", line: 1, column: 3, handle: "handle://vault/webapp/openai-api-key", encoding: "raw" }],
    }]);
    expect(await vault(["scan", "-"], "nothing here")).toMatchObject({ exit: 0, stdout: "0 findings in 1 file\n" });
    expect((await vault(["scan", "-", "--patterns"], "mail ada@mail.example.org")).stdout).toContain("pii/email");
  });

  it("rotates values and the vault key", async () => {
    expect((await vault(["rotate", "demo/token", "--json"], "fake-token-rotated-1\n")).json()).toMatchObject({
      version: 2,
    });
    expect((await vault(["rotate", "--vault-key", "--json"])).json()).toMatchObject({
      v: 1,
      ok: true,
      unlock: [{ by: "key" }],
    });
    expect((await vault(["scan", "src"])).exit).toBe(1);
    await vault(["rotate", "demo/token", "--forget"], "fake-token-rotated-2\n");
    expect((await vault(["scan", "src"])).exit).toBe(0);
  });

  it("recorded every change by handle, before it happened, and no value anywhere", async () => {
    const ran = await runAgentzero(["audit", "list", "--json", "--handle", "demo/token"], at);
    expect(ran.exit).toBe(0);
    expect((ran.json()["sessions"] as unknown[]).length).toBeGreaterThanOrEqual(5);
    const files = readdirSync(at.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const all = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1")).join("\n");
    for (const value of ["fake-token", "fake-openai-key", "fake-value-on"]) expect(all).not.toContain(value);
  });

  it("finds an older vault put back, exit 7", async () => {
    const file = join(at.home, "vault/vault.json");
    copyFileSync(file, `${file}.old`);
    await vault(["rm", "webapp/openai-api-key", "--yes"]);
    copyFileSync(`${file}.old`, file);
    const ran = await vault(["list", "--json"]);
    expect([ran.exit, ran.json()]).toMatchObject([7, { error: { code: "VAULT_ROLLBACK" } }]);
    expect((await vault(["scan", "src", "--json"])).exit).toBe(7);
  });
});
