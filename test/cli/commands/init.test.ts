import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runAgentzero } from "../../support/run-agentzero.ts";
import { tempDir } from "../../support/temp-dir.ts";

function place(files: Readonly<Record<string, string>> = {}): { readonly cwd: string; readonly home: string } {
  const base = tempDir(Object.fromEntries(Object.entries(files).map(([path, text]) => [`shop/${path}`, text])));
  mkdirSync(join(base, "shop"), { recursive: true });
  return { cwd: join(base, "shop"), home: join(base, "home") };
}

function run(
  at: { readonly cwd: string; readonly home: string },
  ...args: readonly string[]
): ReturnType<typeof runAgentzero> {
  return runAgentzero(args, { ...at, env: { HOME: join(at.cwd, "..", "me") } });
}

describe("agentzero init", () => {
  it("writes the policy and the ignore file, trusts it, makes keys, names the next commands", async () => {
    const at = place();
    const ran = await run(at, "init");
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain("agentzero chat");
    expect(readFileSync(join(at.cwd, ".agentzero/.gitignore"), "utf8")).toBe("audit/\nsessions/\nstate/\n");
    expect(statSync(join(at.home, "keys/tag.key")).mode & 0o777).toBe(0o600);
    const status = await run(at, "policy", "status", "--json");
    expect(status.json()).toMatchObject({ state: "active" });
    expect((await run(at, "audit", "verify", "--all", "--json")).json()).toMatchObject({ ok: true });
  });

  it("is happy the second time, and changes nothing", async () => {
    const at = place();
    await run(at, "init");
    const before = readFileSync(join(at.cwd, ".agentzero/policy.yml"), "utf8");
    const again = await run(at, "init", "--private", "--json");
    expect(again.exit).toBe(0);
    expect(again.json()).toMatchObject({ policy: { created: false, trusted: true }, keys: { created: false } });
    expect(readFileSync(join(at.cwd, ".agentzero/policy.yml"), "utf8")).toBe(before);
  });

  it("writes the private policy on request", async () => {
    const at = place();
    expect((await run(at, "init", "--private", "--json")).json()).toMatchObject({
      policy: { created: true, trusted: true },
    });
    expect(readFileSync(join(at.cwd, ".agentzero/policy.yml"), "utf8")).toContain("nothing-leaves");
  });

  it("neither changes nor trusts a policy that came along: shows it, names policy trust, ends with 1", async () => {
    const text = "version: 2\nrules:\n  - { id: all, effect: allow, capability: file_read }\n";
    const at = place({ ".agentzero/policy.yml": text });
    const ran = await run(at, "init");
    expect(ran.exit).toBe(1);
    expect(ran.stdout).toContain("id: all, effect: allow");
    expect(ran.stderr).toContain("agentzero policy trust");
    expect(readFileSync(join(at.cwd, ".agentzero/policy.yml"), "utf8")).toBe(text);
    expect((await run(at, "init", "--json")).json()).toMatchObject({ error: { code: "POLICY_UNTRUSTED" } });
    expect((await run(at, "call", "read", '{"path":".agentzero/policy.yml"}')).exit).toBe(5);
  });

  it("does not trust a configuration that came along", async () => {
    const at = place({ ".agentzero/config.yml": "v: 1\nmodel: vllm/evil\n" });
    expect((await run(at, "init")).exit).toBe(0);
    const ran = await run(at, "run", "help", "--output", "json");
    expect(ran.exit).toBe(0);
    expect(ran.stderr).toContain('config.yml" does not count');
  });

  it("refuses links and folders that everybody may change with 7", async () => {
    const linked = place();
    mkdirSync(join(linked.cwd, "elsewhere"));
    symlinkSync("elsewhere", join(linked.cwd, ".agentzero"));
    expect((await run(linked, "init", "--json")).exit).toBe(7);
    const file = place({ ".agentzero/real.yml": "version: 2\n" });
    symlinkSync("real.yml", join(file.cwd, ".agentzero/policy.yml"));
    expect((await run(file, "init", "--json")).exit).toBe(7);
    const open = place({ ".agentzero/x": "" });
    chmodSync(join(open.cwd, ".agentzero"), 0o777);
    expect((await run(open, "init", "--json")).exit).toBe(7);
    expect(existsSync(join(linked.cwd, "elsewhere/policy.yml"))).toBe(false);
  });

  it("refuses the home folder, what lies above it, and the folder of keys with 2", async () => {
    const base = tempDir();
    mkdirSync(join(base, "me/keys"), { recursive: true });
    const env = { HOME: join(base, "me") };
    const home = join(base, "me/keys");
    for (const cwd of [join(base, "me"), base, home]) {
      // oxlint-disable-next-line no-await-in-loop -- one folder after the other
      const ran = await runAgentzero(["init", "--json"], { cwd, home, env });
      expect(ran.exit).toBe(2);
      expect(existsSync(join(cwd, ".agentzero"))).toBe(false);
    }
  });

  it("goes on where it was killed: trusted and not yet written", async () => {
    const at = place();
    await run(at, "init");
    writeFileSync(join(at.cwd, "keep"), "");
    const file = join(at.cwd, ".agentzero/policy.yml");
    const text = readFileSync(file, "utf8");
    rmSync(file);
    expect((await run(at, "init", "--json")).json()).toMatchObject({ policy: { created: true, trusted: true } });
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("prints settings for editors with an absolute command, and edits no file of theirs", async () => {
    const at = place();
    const zed = await run(at, "init", "--editor", "zed");
    const snippet = JSON.parse(/^\{.*\}$/m.exec(zed.stdout)?.[0] ?? "{}");
    expect(snippet.agent_servers.AgentZero).toMatchObject({ type: "custom", env: {} });
    expect(snippet.agent_servers.AgentZero.command).toMatch(/^\//);
    expect(snippet.agent_servers.AgentZero.args.at(-1)).toBe("acp");
    expect(existsSync(join(at.cwd, "../me/.config"))).toBe(false);
    expect((await run(at, "init", "--editor", "vscode")).stdout).toContain("VS Code");
  });
});
