import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { trustAdd } from "../../../cli/commands/trust/add.ts";
import type { CommandContext, CommandInput } from "../../../cli/context.ts";
import { keyDigest } from "../../../skills/trust/publishers.ts";
import { type Desk, makeSharedDesk } from "../../skills/install/desk.ts";
import { release, writePackage } from "../../skills/install/publisher.ts";
import { contextIn } from "../../support/context.ts";

let desk: Desk;
let pub: string;
let digest: string;
beforeAll(async () => {
  desk = await makeSharedDesk();
  pub = join(desk.root, "example-org.key.txt");
  digest = keyDigest(desk.signer.key.public.text);
});
beforeEach(() => desk.reset());

async function pin(namespace = "example-org"): Promise<readonly [number, unknown, string]> {
  const said = await desk.run("trust", "add", pub, "--as", namespace, "--confirm", digest, "--json");
  return [said.exit, said.json(), said.stderr];
}

/** A person who types this, or nothing at all, to a question. */
function typing(answer: string | null): CommandContext {
  const context = contextIn(desk.project, desk.home);
  const terminal = { line: () => Promise.resolve(answer) } as unknown as NonNullable<CommandContext["terminal"]>;
  return { ...context, terminal };
}

const WORDS: CommandInput = {
  arg: () => pub,
  rest: () => [],
  flag: () => false,
  option: (name) => name === "as" ? "example-org" : undefined,
  options: () => [],
};

describe("trust add", () => {
  test.for<readonly [string, string | null, string]>([
    ["Ctrl+C and the end of input", null, "nothing was typed"],
    ["Enter", "  ", "nothing was typed"],
    ["a yes", "yes", "the characters do not match"],
    ["the end of the id", "01010101", "that is the end of its id, not of the key above it"],
  ])("takes %s for no, and says so", async ([, answer, why]) => {
    await expect(trustAdd(typing(answer), WORDS)).rejects.toMatchObject({
      code: "TRUST_DECLINED",
      message: `Cannot pin the key: ${why}`,
    });
    expect((await desk.run("trust", "list", "--json")).json()).toEqual({ v: 1, publishers: [], revoked: [] });
  });

  it("of a key that is pinned already changes nothing and says so", async () => {
    expect((await pin())[2]).not.toContain("already");
    const before = (await desk.run("trust", "list", "--json")).json();
    expect(await pin()).toMatchObject([0, { digest }, expect.stringContaining('pinned for "example-org" already')]);
    expect((await desk.run("trust", "list", "--json")).json()).toEqual(before);
  });

  test.for<readonly [string, () => string]>([
    ["by its file", () => pub],
    ["by its line", () => desk.signer.key.public.text],
    ["by its id", () => "0101010101010101"],
    ["by its digest", () => digest],
  ])("refuses a key that was revoked %s: its skills may not be installed", async ([, what]) => {
    writeFileSync(join(desk.root, "key.pub"), desk.signer.pub);
    expect((await desk.run("trust", "revoke", what(), "--reason", "it was stolen")).exit).toBe(0);
    const message = expect.stringContaining("revoked here (it was stolen)") as string;
    expect(await pin("other")).toMatchObject([7, { error: { code: "REVOKED", message } }, expect.any(String)]);
    expect((await desk.run("trust", "list", "--json")).json()).toMatchObject({ publishers: [] });
  });
});

describe("a file of trust that was damaged", () => {
  test.for(["trust/publishers.json", "trust/revoked.json", "grants/packages.json", "keys/trust-files.json"])(
    "%s can be given up as the refusal says, and nothing else breaks",
    async (file) => {
      await desk.trust();
      expect((await desk.run("trust", "revoke", "example-org/other", "--reason", "lies")).exit).toBe(0);
      const archive = release("1.0.0");
      const azs = writePackage(desk.root, archive, desk.signer.sign(archive));
      expect((await desk.install(azs)).exit).toBe(0);
      writeFileSync(join(desk.home, file), "");
      const refused = await desk.run("skill", "info", "pdf-report", "--json");
      expect([refused.exit, refused.json()]).toMatchObject([7, { error: { code: "TRUST_TAMPERED" } }]);
      const { hint } = (refused.json() as { error: { hint: string } }).error;
      const named = [...hint.matchAll(/[a-z]+\/[a-z-]+\.json/g)].map(([path]) => path);
      expect(named).toContain(file);
      for (const path of named) rmSync(join(desk.home, path), { force: true });
      expect((await pin())[0]).toBe(0);
      expect((await desk.install(azs)).json()).toMatchObject({ skills: [{ state: "ready" }] });
      expect((await desk.run("audit", "verify", "--all")).exit).toBe(0);
      // The project's policy is trusted still.
      expect((await desk.run("call", "list", "{}")).exit).toBe(0);
    },
  );
});
