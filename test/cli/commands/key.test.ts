import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { runHere } from "../../support/command-line.ts";
import { HAS_PTY, openPty } from "../../support/pty.ts";
import { tempDir } from "../../support/temp-dir.ts";

function place(): { readonly project: string; readonly home: string } {
  const root = tempDir({ "work/.keep": "" });
  return { project: join(root, "work"), home: join(root, "home") };
}

describe("key", () => {
  it("generates a key: sealed in the vault, its public half in a file, pinned", async () => {
    const at = place();
    const said = await runHere(["key", "generate", "example-org", "--json"], at);
    expect(said.exit).toBe(0);
    const { key, id, digest, file } = said.json() as Record<string, string>;
    expect(readFileSync(join(at.home, "keys/example-org.pub"), "utf8")).toBe(
      `untrusted comment: minisign public key ${id}\n${key}\n`,
    );
    expect(file).toBe(join(at.home, "keys/example-org.pub"));
    expect((await runHere(["key", "export", "example-org"], at)).stdout).toBe(readFileSync(file ?? "", "utf8"));
    expect((await runHere(["key", "list", "--json"], at)).json()).toEqual({
      v: 1,
      keys: [{ name: "example-org", id, key, digest, namespaces: ["example-org"], secret: true }],
    });
    expect((await runHere(["trust", "list", "--json"], at)).stdout).toContain(key);
    // The secret half is nowhere on the disk in the clear.
    const secret = spawnSync("grep", ["-rla", "RWQAAEIy", at.home], { encoding: "utf8" });
    expect(secret.stdout).toBe("");
  });

  it("records what was done, and never the key", async () => {
    const at = place();
    await runHere(["key", "generate", "example-org"], at);
    const shown = await runHere(["audit", "list", "--json"], at);
    expect(shown.exit).toBe(0);
  });

  it("signs for another namespace when told so", async () => {
    const at = place();
    expect((await runHere(["key", "generate", "work", "--namespace", "example-org"], at)).exit).toBe(0);
    expect((await runHere(["key", "list", "--json"], at)).json()).toMatchObject({
      keys: [{ namespaces: ["example-org"] }],
    });
  });

  test.for<readonly [string, readonly string[], number]>([
    ["a name with a slash", ["../x"], 2],
    ["a name in capitals", ["Example"], 2],
    ["a name of the installation's own keys", ["audit-sign"], 2],
    ["a name that is no namespace", ["a.b"], 7],
    ["the reserved namespace", ["mine", "--namespace", "agentzero"], 7],
  ])("refuses %s", async ([, words, exit]) => {
    const at = place();
    expect((await runHere(["key", "generate", ...words], at)).exit).toBe(exit);
    expect((await runHere(["key", "list", "--json"], at)).json()).toEqual({ v: 1, keys: [] });
  });

  it("makes no key twice", async () => {
    const at = place();
    await runHere(["key", "generate", "example-org"], at);
    const before = readFileSync(join(at.home, "keys/example-org.pub"), "utf8");
    expect((await runHere(["key", "generate", "example-org"], at)).exit).toBe(2);
    expect(readFileSync(join(at.home, "keys/example-org.pub"), "utf8")).toBe(before);
  });

  it("finds the public half of a key again whose file is gone", async () => {
    const at = place();
    await runHere(["key", "generate", "example-org"], at);
    const pub = readFileSync(join(at.home, "keys/example-org.pub"), "utf8");
    rmSync(join(at.home, "keys/example-org.pub"));
    expect((await runHere(["key", "export", "example-org"], at)).stdout).toBe(pub);
    expect((await runHere(["key", "list", "--json"], at)).json()).toMatchObject({ keys: [{ name: "example-org" }] });
  });

  it("exports no secret half without a terminal, and knows no key that is not there", async () => {
    const at = place();
    await runHere(["key", "generate", "example-org"], at);
    const said = await runHere(["key", "export", "example-org", "--secret", "--out", "k", "--json"], at);
    expect([said.exit, said.json()]).toMatchObject([2, { error: { code: "NO_TERMINAL" } }]);
    expect((await runHere(["key", "export", "example-org", "--secret"], at)).exit).toBe(2);
    expect((await runHere(["key", "export", "nobody"], at)).exit).toBe(4);
    expect(existsSync(join(at.project, "k"))).toBe(false);
  });

  it.skipIf(!HAS_PTY)("exports the secret half to who types its name", async () => {
    const at = place();
    await runHere(["key", "generate", "example-org"], at);
    const bin = new URL("../../../cli/bin.ts", import.meta.url).pathname;
    const runtime = process.versions["deno"] === undefined ? process.execPath : `${process.execPath} run -A`;
    const pty = openPty(`${runtime} ${bin} key export example-org --secret --out k`, {
      cwd: at.project,
      env: { AGENTZERO_HOME: at.home },
    });
    await pty.waitFor("Type the name of the key");
    pty.type("example-org\r");
    expect(await pty.ended).toBe(0);
    expect(statSync(join(at.project, "k")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(at.project, "k"), "utf8")).toMatch(
      /^untrusted comment: .*\nRWQAAEIy[A-Za-z0-9+/=]{204}\n$/,
    );
    expect(pty.screen).not.toContain("RWQAAEIy");
  });
});
