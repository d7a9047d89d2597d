import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Ran, runAgentzero } from "../../support/run-agentzero.ts";
import { tempDir } from "../../support/temp-dir.ts";

// In a process of its own: what another test has loaded into this one helps nobody.
it("audit keys recipient: adds, names and removes a reader, and refuses what is none", async () => {
  const root = tempDir();
  const [mine, theirs] = [join(root, "mine"), join(root, "theirs")];
  const cwd = join(root, "project");
  mkdirSync(cwd);
  function keys(home: string, ...words: readonly string[]): Promise<Ran> {
    return runAgentzero(["audit", "keys", ...words, "--json"], { cwd, home });
  }
  expect((await keys(theirs, "rotate")).exit).toBe(0);
  const { pub } = (await keys(theirs, "pub", "--reader")).json() as { readonly pub: string };
  const kid = pub.split(" ")[2] ?? "";
  expect((await keys(mine, "recipient", "add", pub)).json()).toEqual({ v: 1, recipients: "both", added: kid });
  expect((await keys(mine)).json()["readers"]).toContain(kid);
  const refused = [
    ["nowhere.pub", "NOT_FOUND"],
    ["azpub/1 audit-box 0123456789abcdef AAAA", "INPUT_INVALID"],
    [((await keys(theirs, "pub")).json() as { readonly pub: string }).pub, "INPUT_INVALID"],
    [((await keys(mine, "pub", "--reader")).json() as { readonly pub: string }).pub, "INPUT_INVALID"],
  ] as const;
  for (const [reader, code] of refused) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect((await keys(mine, "recipient", "add", reader)).json()).toMatchObject({ error: { code } });
  }
  writeFileSync(join(cwd, "auditor.pub"), `# theirs\n${pub}\n`);
  expect((await keys(mine, "recipient", "add", "auditor.pub", "--only")).exit).toBe(0);
  expect((await keys(mine, "recipient", "rm", kid)).json()).toEqual({ v: 1, recipients: "self", removed: kid });
  expect(readFileSync(join(mine, "config.yml"), "utf8")).not.toContain(kid);
  expect((await keys(mine, "recipient", "rm", kid)).exit).toBe(4);
});

it("audit keys recipient: of several that are added at once none is lost", async () => {
  const root = tempDir();
  const cwd = join(root, "project");
  mkdirSync(cwd);
  const pubs: string[] = [];
  for (const name of ["one", "two", "three"]) {
    const at = { cwd, home: join(root, name) };
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await runAgentzero(["audit", "keys", "rotate", "--json"], at);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    pubs.push(String((await runAgentzero(["audit", "keys", "pub", "--reader", "--json"], at)).json()["pub"]));
  }
  const at = { cwd, home: join(root, "mine") };
  await runAgentzero(["audit", "keys", "rotate", "--json"], at);
  const ran = await Promise.all(
    pubs.map((pub) => runAgentzero(["audit", "keys", "recipient", "add", pub, "--json"], at)),
  );
  const kids = pubs.map((pub) => pub.split(" ")[2] ?? "");
  const config = readFileSync(join(at.home, "config.yml"), "utf8");
  // Whoever waited too long is told, and adds nothing.
  const told = ran.map(({ stdout }) => stdout.includes('"KEY_BUSY"') ? "busy" : stdout.includes('"added"'));
  expect(kids.map((kid) => config.includes(kid) || "busy")).toEqual(told);
  expect(told).toContain(true);
});

it("vault rotate --vault-key: seals the vault to a key that was made elsewhere", async () => {
  const root = tempDir();
  const cwd = join(root, "project");
  mkdirSync(cwd);
  const at = { cwd, home: join(root, "home") };
  expect((await runAgentzero(["vault", "set", "demo/token"], { ...at, input: "fake-token-0123456789\n" })).exit).toBe(
    0,
  );
  const rotate = ["vault", "rotate", "--vault-key", "--json"];
  expect((await runAgentzero([...rotate, "--new-recipient", "away"], at)).exit).toBe(0);
  const again = await runAgentzero([...rotate, "--recipient", "away/vault-box.pub"], at);
  expect([again.exit, again.json()]).toMatchObject([0, { unlock: [{ by: "key" }, { by: "recipient" }] }]);
});
