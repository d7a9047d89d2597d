import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { initialise, type Ran, runAgentzero } from "../support/run-agentzero.ts";
import { sharedDir } from "../support/temp-dir.ts";

const EXAMPLE = fileURLToPath(new URL("../../docs/examples/skills/byte-count", import.meta.url));
const TOOL = {
  name: "peek",
  description: "Reads one file of the folder data.",
  language: "javascript",
  permissions: { "fs.read": "workspace:data/**" },
  source: "function run({ path }) { return { text: host.filesystem.readFile(path).length }; }",
  input_schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  examples: [{ input: { path: "data/a.txt" }, output: { text: 6 } }],
};

const SCRIPT_SKILL = `---
name: first-line
description: Prints the first line of a file. Use it in tests.
metadata:
  version: "1.0.0"
  az.spec: "1"
  az.id: "example-org/first-line"
  az.runtime: "host-supervised"
  az.perm.fs.read: "workspace:data/**"
  az.perm.exec: "skill:scripts/run.sh tool:cp tool:head"
---
Call the tool first-line.
`;

const env = { HOME: "" };
const author = { cwd: "", home: "", env };
const user = { cwd: "", home: "", env };

beforeAll(async () => {
  const base = sharedDir({
    "desk/x": "",
    "me/x": "",
    "shop/data/a.txt": "hello\n",
    "shop/src/b.txt": "not for tools\n",
    "shop/data/.env": "TOKEN=fake-token-fake-token\n",
  });
  env.HOME = join(base, "me");
  Object.assign(author, { cwd: join(base, "desk"), home: join(base, "author") });
  Object.assign(user, { cwd: join(base, "shop"), home: join(base, "user") });
  cpSync(EXAMPLE, join(author.cwd, "byte-count"), { recursive: true });
  await initialise(user);
  await make(["key", "generate", "example-org"]);
  await make(["key", "export", "example-org", "--out", "example-org.pub"]);
  await make(["skill", "pack", "byte-count", "--sign", "example-org"]);
});

async function make(args: readonly string[]): Promise<Ran> {
  const ran = await runAgentzero(args, author);
  expect([args, ran.exit, ran.stderr]).toEqual([args, 0, expect.anything()]);
  return ran;
}

function use(args: readonly string[], input?: string): Promise<Ran> {
  return runAgentzero([...args, "--json"], input === undefined ? user : { ...user, input });
}

function codeOf(ran: Ran): unknown {
  const { error } = ran.json();
  return typeof error === "object" && error !== null && "code" in error ? error.code : null;
}

/** Every file of a folder that holds bytes of the package. */
function blobs(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe("code from elsewhere runs with exactly the permissions that were approved, for the bytes that were signed", () => {
  it("installs nothing of a key that nobody pinned, and nothing without the digest of its permissions", async () => {
    const file = join(author.cwd, "byte-count-1.0.0.azs");
    expect(codeOf(await use(["skill", "install", file]))).toBe("KEY_UNTRUSTED");
    const asked = await use(["trust", "add", join(author.cwd, "example-org.pub"), "--as", "example-org"]);
    const digest = /b2:[0-9a-f]{64}/.exec(asked.stdout + asked.stderr)?.[0] ?? "";
    expect(asked.exit).toBe(5);
    const pin = ["trust", "add", join(author.cwd, "example-org.pub"), "--as", "example-org", "--confirm", digest];
    expect((await use(pin)).exit).toBe(0);
    const refused = await use(["skill", "install", file]);
    expect([codeOf(refused), refused.exit]).toEqual(["APPROVAL_NOBODY", 5]);
    const perm = /b2:[0-9a-f]{64}/.exec(refused.stdout)?.[0] ?? "";
    const other = await use(["skill", "install", file, "--grant", `b2:${"0".repeat(64)}`]);
    expect(other.exit).toBe(5);
    expect((await use(["skill", "install", file, "--grant", perm])).exit).toBe(0);
    const ran = await use(["skill", "run", "byte-count", "--input", '{"text":"hello"}']);
    expect(ran.json()).toMatchObject({ ok: true, tier: "wasm-sandbox", output: '{"bytes":16}' });
  });

  it("asks about a release that wants more, and runs nothing of it meanwhile", async () => {
    const md = join(author.cwd, "byte-count/SKILL.md");
    writeFileSync(
      md,
      readFileSync(md, "utf8").replace('version: "1.0.0"', 'version: "1.1.0"')
        .replace("  az.limits:", '  az.perm.net: "GET https://api.example.com:443/**"\n  az.limits:'),
    );
    await make(["skill", "pack", "byte-count", "--sign", "example-org"]);
    const wider = await use(["skill", "install", join(author.cwd, "byte-count-1.1.0.azs")]);
    expect([codeOf(wider), wider.exit]).toEqual(["PERM_WIDENED", 5]);
    expect(wider.stdout).toContain("api.example.com");
  });

  it("refuses a package of which one byte differs, signed or stored", async () => {
    const file = join(author.cwd, "byte-count-1.0.0.azs");
    const bytes = readFileSync(file);
    const changed = join(author.cwd, "changed.azs");
    bytes[700] = (bytes[700] ?? 0) ^ 1;
    writeFileSync(changed, bytes);
    cpSync(`${file}.minisig`, `${changed}.minisig`);
    const installed = await use(["skill", "install", changed]);
    expect([codeOf(installed), installed.exit]).toEqual(["SIG_INVALID", 7]);
    const whole = readFileSync(file);
    for (const blob of blobs(join(user.home, "store", "b2"))) {
      const stored = readFileSync(blob);
      if (!stored.equals(whole)) continue;
      stored[stored.length - 1500] = (stored[stored.length - 1500] ?? 0) ^ 1;
      chmodSync(blob, 0o600);
      writeFileSync(blob, stored);
      chmodSync(blob, 0o400);
    }
    const ran = await use(["skill", "run", "byte-count", "--input", '{"text":"hello"}']);
    expect([codeOf(ran), ran.exit]).toEqual(["CAS_DIGEST", 7]);
  });

  it("lets a script start what was approved, and no other program, by its name, its path or as a copy", async () => {
    const folder = join(author.cwd, "first-line");
    mkdirSync(join(folder, "scripts"), { recursive: true });
    writeFileSync(join(folder, "SKILL.md"), SCRIPT_SKILL);
    writeFileSync(
      join(folder, "scripts/run.sh"),
      "#!/bin/sh\nexec 2>&1\nhead -n1 data/a.txt\nhostname; /usr/bin/hostname; cat src/b.txt\ncp -p /usr/bin/head /tmp/x; exec /tmp/x data/a.txt\n",
      { mode: 0o755 },
    );
    await make(["skill", "pack", "first-line", "--sign", "example-org"]);
    const file = join(author.cwd, "first-line-1.0.0.azs");
    const perm = /b2:[0-9a-f]{64}/.exec((await use(["skill", "install", file])).stdout)?.[0] ?? "";
    expect((await use(["skill", "install", file, "--grant", perm])).exit).toBe(0);
    const ran = await use(["skill", "run", "first-line", "--approve"]);
    expect([ran.exit, ran.json()]).toMatchObject([5, { tier: "host-supervised", error: { code: "EXEC_DENIED" } }]);
    const { output } = ran.json();
    expect(typeof output === "string" && output.startsWith("hello\n")).toBe(true);
    for (const other of ["agentzero\n", "not for tools"]) expect(output).not.toContain(other);
    const shown = await runAgentzero(["skill", "run", "first-line", "--approve"], user);
    expect(shown.stdout).toMatch(/^hello\n/u);
    expect(shown.stderr).not.toMatch(/hello|asks first/u);
  });

  it("lets a generated tool read what was approved and nothing else, and not at all once its source was edited", async () => {
    const made = await use(["tool", "generate", "-", "--approve"], JSON.stringify(TOOL));
    expect([made.exit, made.stdout]).toEqual([0, expect.anything()]);
    const fine = await use(["tool", "run", "peek", "--input", '{"path":"data/a.txt"}', "--approve"]);
    expect(fine.json()).toMatchObject({ ok: true, output: '{"text":6}' });
    for (const path of ["src/b.txt", "data/../src/b.txt", "data/.env", "/etc/passwd"]) {
      const input = JSON.stringify({ path });
      const ran = await use(["tool", "run", "peek", "--input", input, "--approve"]);
      expect([path, ran.json()]).toMatchObject([path, { ok: false }]);
      expect(ran.stdout).not.toContain("fake-token");
    }
    const source = join(user.cwd, ".agentzero/skills/peek/v1/tool.js");
    writeFileSync(source, readFileSync(source, "utf8").replace("readFile(path)", "readFile('data/a.txt')"));
    const edited = await use(["tool", "run", "peek", "--input", '{"path":"data/a.txt"}', "--approve"]);
    expect(edited.json()).toMatchObject({ ok: false });
    expect([5, 7]).toContain(edited.exit);
  });
});
