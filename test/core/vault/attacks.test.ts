import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { parseHandle } from "../../../core/handle.ts";
import { SecretBytes } from "../../../core/secret.ts";
import { acceptVaultGeneration, openVault } from "../../../core/vault/open-vault.ts";
import { codeOfAsync, utf8, type VaultRig, vaultRig } from "../../support/core-rig.ts";
import { tempDir } from "../../support/temp-dir.ts";

const A = parseHandle("handle://vault/a/token");
const B = parseHandle("handle://vault/b/token");

async function filled(): Promise<VaultRig> {
  const rig = await vaultRig(tempDir());
  const vault = await openVault(rig.options);
  await vault.set(A, new SecretBytes(utf8("faketoken-a-0123456")));
  await vault.set(B, new SecretBytes(utf8("faketoken-b-0123456")));
  return rig;
}

/** Opens a vault and reads all of it; the code of what went wrong, or `null`. */
function readAll(rig: VaultRig): Promise<string | null> {
  return codeOfAsync(async () => {
    const vault = await openVault(rig.options);
    await vault.list();
    await vault.useKey("x", () => 0).catch(() => 0);
  });
}

interface Entry {
  h: string;
  kind: string;
  ver: number;
  mn: string;
  meta: string;
  vn: string;
  val: string;
}

interface File {
  v: string;
  id: string;
  gen: number;
  unlock: { by: string; kid: string; w: string }[];
  entries: [Entry, Entry];
  mac: string;
}

describe("a changed vault file", () => {
  it("is refused for every flipped bit, with no partial result", { timeout: 600_000 }, async () => {
    const rig = await filled();
    const good = readFileSync(rig.file);
    const step = process.env["AZ_SCALE"] === undefined ? 7 : 1;
    for (let bit = 0; bit < good.length * 8; bit += step) {
      const bad = Buffer.from(good);
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(rig.file, bad);
      // oxlint-disable-next-line no-await-in-loop -- one file at a time
      expect([bit, await readAll(rig)]).toEqual([
        bit,
        expect.stringMatching(/^VAULT_(?:TAMPERED|LOCKED|ROLLBACK|UNSUPPORTED)$/),
      ]);
    }
  });

  test.for<readonly [string, (file: File) => void]>([
    ["swapped values", ({ entries: [a, b] }) => {
      [a.val, b.val, a.vn, b.vn] = [b.val, a.val, b.vn, a.vn];
    }],
    ["swapped descriptions", ({ entries: [a, b] }) => {
      [a.meta, b.meta, a.mn, b.mn] = [b.meta, a.meta, b.mn, a.mn];
    }],
    ["swapped names", ({ entries: [a, b] }) => {
      [a.h, b.h] = [b.h, a.h];
    }],
    ["a removed entry", (file) => void file.entries.pop()],
    ["a doubled entry", (file) => void file.entries.push({ ...file.entries[0] })],
    ["another kind", ({ entries: [a] }) => void (a.kind = "previous")],
    ["another version", ({ entries: [a] }) => void (a.ver = 2)],
    ["a raised generation", (file) => void (file.gen = 9)],
    ["a removed unlocker", (file) => void (file.unlock = [])],
    ["an added unlocker", (file) => void file.unlock.push({ by: "recipient", kid: "0".repeat(16), w: "AAAA" })],
    ["another id", (file) => void (file.id = "0".repeat(32))],
    ["an unknown field", (file) => void Object.assign(file, { x: 1 })],
    ["an unknown unlocker", (file) => void file.unlock.push({ by: "magic", kid: "0".repeat(16), w: "AAAA" })],
    ["another MAC", (file) => void (file.mac = Buffer.alloc(32).toString("base64"))],
  ])("is refused with %s", async ([, change]) => {
    const rig = await filled();
    const file: File = JSON.parse(readFileSync(rig.file, "utf8"));
    change(file);
    writeFileSync(rig.file, `${JSON.stringify(file)}\n`);
    expect(await readAll(rig)).toMatch(/^VAULT_(?:TAMPERED|LOCKED|ROLLBACK)$/);
  });

  test.for<readonly [string, (text: string) => string]>([
    ["with a blank", (text) => text.replace('{"v"', '{ "v"')],
    ["without its line feed", (text) => text.trimEnd()],
    ["with a duplicate field", (text) => text.replace('"gen":2', '"gen":1,"gen":2')],
    ["in another order", (text) => text.replace(/("id":"[^"]+"),("gen":2)/, "$2,$1")],
    ["with another spelling of a number", (text) => text.replace('"gen":2', '"gen":2.0')],
    ["that is empty", () => ""],
    ["that is cut", (text) => text.slice(0, text.length / 2)],
    ["that is no object", () => "[]"],
    ["of another kind", () => '{"v":"azkey/1"}'],
  ])("is refused %s", async ([, change]) => {
    const rig = await filled();
    writeFileSync(rig.file, change(readFileSync(rig.file, "utf8")));
    expect(await readAll(rig)).toBe("VAULT_TAMPERED");
  });

  it("of a later version is refused by its own name", async () => {
    const rig = await filled();
    writeFileSync(rig.file, readFileSync(rig.file, "utf8").replace("azvault/1", "azvault/2"));
    expect(await readAll(rig)).toBe("VAULT_UNSUPPORTED");
  });

  it("of another installation stays locked", async () => {
    const rig = await filled();
    const other = await filled();
    writeFileSync(rig.file, readFileSync(other.file));
    rig.options.ledger.mark = null;
    expect(await readAll(rig)).toBe("VAULT_LOCKED");
  });
});

describe("an older vault file", () => {
  it("is a rollback, also when it is deleted", async () => {
    const rig = await filled();
    const old = readFileSync(rig.file);
    await (await openVault(rig.options)).remove(A);
    const newest = readFileSync(rig.file);
    writeFileSync(rig.file, old);
    expect(await readAll(rig)).toBe("VAULT_ROLLBACK");
    rmSync(rig.file);
    expect(await readAll(rig)).toBe("VAULT_ROLLBACK");
    writeFileSync(rig.file, newest, { mode: 0o600 });
    expect(await readAll(rig)).toBeNull();
  });

  it("of the same generation with other content is one too", async () => {
    const rig = await filled();
    const [gen, mac] = [rig.options.ledger.mark?.gen ?? 0, Buffer.alloc(32, 1).toString("base64")];
    rig.options.ledger.mark = { gen, mac };
    expect(await readAll(rig)).toBe("VAULT_ROLLBACK");
  });

  it("is found by a session that has the vault open", async () => {
    const rig = await filled();
    const session = await openVault(rig.options);
    const old = readFileSync(rig.file);
    await (await openVault(rig.options)).remove(A);
    writeFileSync(rig.file, old);
    expect(await codeOfAsync(() => session.list())).toBe("VAULT_ROLLBACK");
  });

  it("counts again once a person accepts exactly that generation", async () => {
    const rig = await filled();
    const old = readFileSync(rig.file);
    await (await openVault(rig.options)).remove(A);
    writeFileSync(rig.file, old);
    expect(await codeOfAsync(() => acceptVaultGeneration(rig.options, 1))).toBe("VAULT_ROLLBACK");
    expect(await codeOfAsync(() => acceptVaultGeneration(rig.options, Number.NaN))).toBe("VAULT_ROLLBACK");
    expect(await acceptVaultGeneration(rig.options, 2)).toBe(4);
    expect((await (await openVault(rig.options)).list()).map((info) => info.handle)).toEqual([A, B]);
  });

  it("that is lost for good can be given up", async () => {
    const rig = await filled();
    rmSync(rig.file);
    expect(await acceptVaultGeneration(rig.options, 0)).toBe(3);
    expect(await (await openVault(rig.options)).list()).toEqual([]);
  });
});

describe("a newer vault file", () => {
  it("is accepted and noted: the ledger line was lost in a crash", async () => {
    const rig = await filled();
    const { mark } = rig.options.ledger;
    rig.options.ledger.mark = { gen: 1, mac: Buffer.alloc(32).toString("base64") };
    const vault = await openVault(rig.options);
    expect(vault.notices).toEqual([expect.stringContaining("generation 2")]);
    expect(rig.options.ledger.mark).toEqual(mark);
  });

  it("is noted when there was no ledger at all", async () => {
    const rig = await filled();
    const { mark } = rig.options.ledger;
    rig.options.ledger.mark = null;
    await openVault(rig.options);
    expect(rig.options.ledger.mark).toEqual(mark);
  });
});
