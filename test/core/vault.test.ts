import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { createRedactor } from "../../core/create-redactor.ts";
import { changePassphrase, newVaultRecipient } from "../../core/crypto/key-admin.ts";
import { openKeys } from "../../core/crypto/keys.ts";
import { parseHandle } from "../../core/handle.ts";
import { Permit } from "../../core/permit.ts";
import { SecretBytes } from "../../core/secret.ts";
import type { OpenVaultOptions, Vault } from "../../core/vault.ts";
import { openVault } from "../../core/vault/open-vault.ts";
import { codeOfAsync, handClock, seededRandom, text, utf8, vaultRig } from "../support/core-rig.ts";
import { tempDir } from "../support/temp-dir.ts";

const HANDLE = parseHandle("handle://vault/github/token");
const OTHER = parseHandle("handle://vault/npm/token");
const DAY = 24 * 3_600_000;

function secret(value: string): SecretBytes {
  return new SecretBytes(utf8(value));
}

async function reveal(vault: Vault, handle: string = HANDLE): Promise<string> {
  return (await vault.reveal(new Permit(), handle)).use(text);
}

describe("openVault()", () => {
  it("makes, asks and needs nothing where there is no vault", async () => {
    const { options, home } = await vaultRig(tempDir());
    const vault = await openVault({ ...options, passphrase: () => Promise.reject(new Error("asked")) });
    expect([vault.state, vault.blind, vault.generation, await vault.list(), vault.unlockers]).toEqual([
      "none",
      false,
      0,
      [],
      [],
    ]);
    await vault.feed(createRedactor({ random: seededRandom() }));
    expect(await vault.unlock()).toBe(true);
    expect(existsSync(join(home, "vault"))).toBe(false);
    expect(readdirSync(join(home, "keys"))).not.toContain("vault.key");
  });

  it("stores values 0600 in a folder 0700, with neither names nor values in clear", async () => {
    const { options, file, home } = await vaultRig(tempDir());
    const vault = await openVault(options);
    expect(await vault.set(HANDLE, secret("faketoken-0123456789"), { note: "fakenote" })).toEqual({
      version: 1,
      warnings: [],
    });
    expect([statSync(file).mode & 0o777, statSync(join(home, "vault")).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(readdirSync(join(home, "vault"))).toEqual(["vault.json"]);
    const stored = readFileSync(file, "utf8");
    expect(stored).toMatch(
      /^\{"v":"azvault\/1","id":"[0-9a-f]{32}","gen":1,"unlock":\[\{"by":"key","kid":"[0-9a-f]{16}","w":"[^"]+"\}\],"entries":\[\{"h":"[0-9a-f]{32}","kind":"secret","ver":1,"mn":"[^"]{32}","meta":"[^"]+","vn":"[^"]{32}","val":"[^"]+"\}\],"mac":"[^"]{44}"\}\n$/,
    );
    for (const clear of ["github", "faketoken", "fakenote", Buffer.from("faketoken").toString("base64").slice(0, 10)]) {
      expect(stored).not.toContain(clear);
    }
    expect(options.ledger.lines.map((line) => line.gen)).toEqual([1]);
  });

  it("gives back what was stored, in a new process too", async () => {
    const { options } = await vaultRig(tempDir());
    await (await openVault(options)).set(HANDLE, secret("faketoken-0123456789"), {
      note: "n",
      expires: Date.UTC(2032, 0, 1),
    });
    const vault = await openVault(options);
    expect(await reveal(vault)).toBe("faketoken-0123456789");
    expect(await vault.list()).toEqual([{
      handle: HANDLE,
      version: 1,
      note: "n",
      created: Date.UTC(2031, 0, 1),
      rotated: null,
      expires: Date.UTC(2032, 0, 1),
      expired: false,
      bindings: [],
    }]);
  });

  it("wipes the value it was given", async () => {
    const { options } = await vaultRig(tempDir());
    const bytes = utf8("faketoken-0123456789");
    await (await openVault(options)).set(HANDLE, new SecretBytes(bytes));
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it("sees what another process stored meanwhile, and masks it before it can be used", async () => {
    const { options } = await vaultRig(tempDir());
    const session = await openVault(options);
    const redactor = createRedactor({ random: seededRandom() });
    await session.feed(redactor);
    await (await openVault(options)).set(HANDLE, secret("faketoken-0123456789"));
    expect(await reveal(session)).toBe("faketoken-0123456789");
    expect(redactor.find("faketoken-0123456789")).toMatchObject([{ handle: HANDLE }]);
  });

  it("loses no write when two processes change it in turn", async () => {
    const { options } = await vaultRig(tempDir());
    const [a, b] = [await openVault(options), await openVault(options)];
    await a.set(HANDLE, secret("faketoken-a-12345"));
    await b.set(OTHER, secret("faketoken-b-12345"));
    await a.bind(OTHER, { host: "a.b:443", slot: "bearer" });
    expect((await b.list()).map((info) => [info.handle, info.bindings.length])).toEqual([[HANDLE, 0], [OTHER, 1]]);
    expect(b.generation).toBe(3);
  });

  test.for<readonly [string, (file: string) => void]>([
    ["open to others", (file) => chmodSync(file, 0o640)],
    ["a link", (file) => {
      renameSync(file, `${file}2`);
      symlinkSync(`${file}2`, file);
    }],
    ["a folder", (file) => {
      renameSync(file, `${file}2`);
      mkdirSync(file);
    }],
    ["in an open folder", (file) => chmodSync(join(file, ".."), 0o755)],
  ])("refuses a file that is %s", async ([, change]) => {
    const { options, file } = await vaultRig(tempDir());
    await (await openVault(options)).set(HANDLE, secret("faketoken-0123456789"));
    change(file);
    expect(await codeOfAsync(() => openVault(options))).toBe("VAULT_UNSAFE");
  });
});

describe("set()", () => {
  it("replaces only on request, and keeps the earlier value for masking", async () => {
    const { options } = await vaultRig(tempDir());
    const vault = await openVault(options);
    await vault.set(HANDLE, secret("faketoken-old-12345"), {
      note: "kept",
      bindings: [{ host: "a.b:443", slot: "bearer" }],
    });
    expect(await codeOfAsync(() => vault.set(HANDLE, secret("faketoken-new-12345")))).toBe("SECRET_EXISTS");
    expect(await vault.set(HANDLE, secret("faketoken-new-12345"), { update: true })).toMatchObject({ version: 2 });
    expect(await vault.info(HANDLE)).toMatchObject({ version: 2, note: "kept", bindings: [{ host: "a.b:443" }] });
    const redactor = createRedactor({ random: seededRandom() });
    await vault.feed(redactor);
    expect(redactor.find("faketoken-old-12345")).toMatchObject([{ handle: HANDLE }]);
  });

  test.for<readonly [string, string, string, object]>([
    ["another provider", "handle://env/a/b", "faketoken-12345", {}],
    ["a note with controls", HANDLE, "faketoken-12345", { note: "a\u001b[2J" }],
    ["a long note", HANDLE, "faketoken-12345", { note: "n".repeat(201) }],
    ["a bad binding", HANDLE, "faketoken-12345", { bindings: [{ slot: "bearer" }] }],
    ["a short value", HANDLE, "short", {}],
  ])("refuses %s", async ([, handle, value, more]) => {
    const { options, file } = await vaultRig(tempDir());
    const vault = await openVault(options);
    expect(await codeOfAsync(() => vault.set(parseHandle(handle), secret(value), more))).toMatch(
      /^(?:SECRET_HANDLE|ARGS_INVALID|BINDING_INVALID|SECRET_TOO_SHORT)$/,
    );
    expect(existsSync(file)).toBe(false);
  });

  it("warns of weak values", async () => {
    const { options } = await vaultRig(tempDir());
    expect((await (await openVault(options)).set(HANDLE, secret("Password123!"))).warnings).toEqual([
      expect.stringMatching(/common word/),
    ]);
  });

  it("holds 500 entries and 512 KiB, no more", async () => {
    const { options } = await vaultRig(tempDir());
    const vault = await openVault(options);
    const large = Array.from({ length: 60_000 }, (_, i) => String.fromCharCode(97 + ((i * 7) % 26))).join("");
    for (let i = 0; i < 8; i++) {
      // oxlint-disable-next-line no-await-in-loop -- each is a write
      await vault.set(parseHandle(`handle://vault/big/n${i}`), secret(`${i}${large}`));
    }
    expect(await codeOfAsync(() => vault.set(HANDLE, secret(large)))).toBe("VAULT_FULL");
    expect(await codeOfAsync(() => vault.set(HANDLE, secret("faketoken-12345")))).toBeNull();
  });
});

describe("rotate()", () => {
  it("keeps the earlier value for masking for 30 days, never for use", async () => {
    const { options } = await vaultRig(tempDir());
    const vault = await openVault(options);
    await vault.set(HANDLE, secret("faketoken-old-12345"));
    await vault.rotate(HANDLE, secret("faketoken-new-12345"));
    expect(await reveal(vault)).toBe("faketoken-new-12345");
    options.clock.advance(29 * DAY);
    await vault.set(OTHER, secret("faketoken-other-123"));
    expect(await masked(options, "faketoken-old-12345")).toBe(true);
    options.clock.advance(2 * DAY);
    await vault.bind(OTHER, { host: "a.b:443", slot: "bearer" });
    expect(await masked(options, "faketoken-old-12345")).toBe(false);
    expect(await masked(options, "faketoken-new-12345")).toBe(true);
  });

  it("forgets it at once on request", async () => {
    const { options } = await vaultRig(tempDir());
    const vault = await openVault(options);
    await vault.set(HANDLE, secret("faketoken-old-12345"));
    await vault.rotate(HANDLE, secret("faketoken-mid-12345"));
    await vault.rotate(HANDLE, secret("faketoken-new-12345"), true);
    expect(await masked(options, "faketoken-old-12345 faketoken-mid-12345")).toBe(false);
    expect(await vault.info(HANDLE)).toMatchObject({ version: 3 });
  });

  it("clears an expiry that is over", async () => {
    const { options } = await vaultRig(tempDir());
    const vault = await openVault(options);
    await vault.set(HANDLE, secret("faketoken-old-12345"), { expires: options.clock.now() + DAY });
    options.clock.advance(2 * DAY);
    await vault.rotate(HANDLE, secret("faketoken-new-12345"));
    expect(await reveal(vault)).toBe("faketoken-new-12345");
  });

  it("knows nothing of a handle that is not there", async () => {
    const vault = await openVault((await vaultRig(tempDir())).options);
    expect(await codeOfAsync(() => vault.rotate(HANDLE, secret("faketoken-new-12345")))).toBe("SECRET_UNKNOWN");
    expect(await codeOfAsync(() => vault.remove(HANDLE))).toBe("SECRET_UNKNOWN");
    expect(await codeOfAsync(() => vault.bind(HANDLE, { host: "a.b:443", slot: "bearer" }))).toBe("SECRET_UNKNOWN");
    expect(await codeOfAsync(() => vault.info(HANDLE))).toBe("SECRET_UNKNOWN");
  });
});

describe("reveal()", () => {
  it("needs a permit that was spent", async () => {
    const rig = await vaultRig(tempDir());
    await (await openVault(rig.options)).set(HANDLE, secret("faketoken-0123456789"));
    const spent = new Permit();
    const vault = await openVault({
      ...rig.options,
      permits: { spentFor: (permit) => (permit === spent ? "call" : null) },
    });
    expect((await vault.reveal(spent, HANDLE)).use(text)).toBe("faketoken-0123456789");
    expect(await codeOfAsync(() => vault.reveal(new Permit(), HANDLE))).toBe("PERMIT_INVALID");
    expect(await codeOfAsync(() => vault.reveal({} as Permit, HANDLE))).toBe("PERMIT_INVALID");
    const managing = await openVault({ ...rig.options, permits: undefined });
    expect(await codeOfAsync(() => managing.reveal(spent, HANDLE))).toBe("PERMIT_INVALID");
  });

  it("gives neither an unknown, an expired, a removed nor a malformed handle", async () => {
    const { options } = await vaultRig(tempDir());
    const vault = await openVault(options);
    await vault.set(HANDLE, secret("faketoken-0123456789"), { expires: options.clock.now() + DAY });
    for (const wrong of ["handle://vault/x/y", "github/token", "key:acme", `${HANDLE}\n`, ""]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await codeOfAsync(() => vault.reveal(new Permit(), wrong))).toBe("SECRET_UNKNOWN");
    }
    options.clock.advance(DAY);
    expect(await codeOfAsync(() => vault.reveal(new Permit(), HANDLE))).toBe("SECRET_EXPIRED");
    expect(await masked(options, "faketoken-0123456789")).toBe(true);
    await vault.remove(HANDLE);
    expect(await codeOfAsync(() => vault.reveal(new Permit(), HANDLE))).toBe("SECRET_UNKNOWN");
  });
});

describe("bindingFor()", () => {
  it("decides before anything is resolved", async () => {
    const { options } = await vaultRig(tempDir());
    const vault = await openVault(options);
    await vault.set(HANDLE, secret("faketoken-0123456789"));
    const place = {
      slot: "bearer",
      origin: { scheme: "https", host: "a.b", port: 443 },
      method: "GET",
      tool: null,
      skill: null,
      provider: null,
      command: null,
    } as const;
    expect(await codeOfAsync(() => vault.bindingFor(HANDLE, place))).toBe("SECRET_UNBOUND");
    await vault.bind(HANDLE, { host: "a.b:443", slot: "bearer" });
    await vault.bind(HANDLE, { host: "a.b:443", slot: "bearer" });
    expect((await vault.info(HANDLE)).bindings).toHaveLength(1);
    expect(await vault.bindingFor(HANDLE, place)).toEqual({ host: "a.b:443", slot: "bearer" });
    expect(await codeOfAsync(() => vault.bindingFor(OTHER, place))).toBe("SECRET_UNKNOWN");
    await vault.clearBindings(HANDLE);
    expect(await codeOfAsync(() => vault.bindingFor(HANDLE, place))).toBe("SECRET_UNBOUND");
  });
});

describe("signing keys", () => {
  it("are lent, never listed, and no handle reaches them", async () => {
    const { options } = await vaultRig(tempDir());
    const vault = await openVault(options);
    await vault.putKey("acme", secret("fake-signing-key-0123456789abcdef"));
    expect(await codeOfAsync(() => vault.putKey("acme", secret("fake-signing-key-0123456789abcdef")))).toBe(
      "SECRET_EXISTS",
    );
    expect([await vault.keyNames(), await vault.list()]).toEqual([["acme"], []]);
    let lent: SecretBytes | null = null;
    expect(await vault.useKey("acme", (value) => ((lent = value), value.use(text).length))).toBe(33);
    expect(() => lent?.use(text)).toThrow(TypeError);
    expect(await masked(options, "fake-signing-key-0123456789abcdef")).toBe(true);
    await vault.removeKey("acme");
    expect(await codeOfAsync(() => vault.useKey("acme", () => 1))).toBe("SECRET_UNKNOWN");
    expect(await codeOfAsync(() => vault.putKey("../x", secret("fake-signing-key-0123")))).toBe("SECRET_HANDLE");
  });
});

describe("unlocking", () => {
  it("takes the passphrase, once, and is locked and blind without it", async () => {
    const { options, home, keys } = await vaultRig(tempDir());
    await (await openVault(options)).set(HANDLE, secret("faketoken-0123456789"));
    await changePassphrase({ home, keys, clock: handClock(), random: seededRandom() }, "four fake words here");
    const again = { ...options, keys: await openKeys({ home, random: options.random }) };
    const locked = await openVault(again);
    expect([locked.state, locked.blind, locked.lockReason]).toEqual(["locked", true, "no passphrase was given"]);
    for (
      const use of [
        () => locked.list(),
        () => locked.reveal(new Permit(), HANDLE),
        () => locked.set(OTHER, secret("faketoken-12345")),
        () => locked.remove(HANDLE),
        () => locked.rotateVaultKey(),
      ]
    ) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await codeOfAsync(use)).toBe("VAULT_LOCKED");
    }
    let asked = 0;
    const open = await openVault({ ...again, passphrase: () => Promise.resolve((asked++, "four fake words here")) });
    expect(await reveal(open)).toBe("faketoken-0123456789");
    await open.set(OTHER, secret("faketoken-12345"));
    expect([asked, await locked.unlock()]).toEqual([1, true]);
  });

  it("makes no key file for keys that were changed since they were opened", async () => {
    const { options, home, keys } = await vaultRig(tempDir());
    await changePassphrase({ home, keys, clock: handClock(), random: seededRandom() }, "four fake words here");
    // Threat: a key file that the new passphrase does not protect.
    const late = openVault(options).then((vault) => vault.set(HANDLE, secret("faketoken-0123456789")));
    expect(await codeOfAsync(() => late)).toBe("VAULT_LOCKED");
    expect(existsSync(join(home, "keys", "vault.key"))).toBe(false);
  });

  it("makes the key file under the passphrase when one is set already", async () => {
    const { options, home, keys } = await vaultRig(tempDir());
    const unlocked = await changePassphrase(
      { home, keys, clock: handClock(), random: seededRandom() },
      "four fake words here",
    );
    await (await openVault({ ...options, keys: unlocked })).set(HANDLE, secret("faketoken-0123456789"));
    expect(readFileSync(join(home, "keys", "vault.key"), "utf8")).toContain('"wrap":{"nonce"');
    const locked = { ...options, keys: await openKeys({ home, random: options.random }) };
    expect((await openVault(locked)).state).toBe("locked");
  });

  it("says which key is missing, and makes no new one for an old vault", async () => {
    const { options, home } = await vaultRig(tempDir());
    await (await openVault(options)).set(HANDLE, secret("faketoken-0123456789"));
    renameSync(join(home, "keys", "vault.key"), join(home, "vault.key"));
    const vault = await openVault(options);
    expect([vault.state, vault.lockReason]).toEqual(["locked", expect.stringContaining("vault.key")]);
    expect(await codeOfAsync(() => vault.set(OTHER, secret("faketoken-12345")))).toBe("VAULT_LOCKED");
    expect(existsSync(join(home, "keys", "vault.key"))).toBe(false);
  });

  it("takes 32 bytes from a command, and only exactly those", async () => {
    const { options } = await vaultRig(tempDir());
    let printed = `${Buffer.alloc(32, 5).toString("base64")}\n`;
    const command: OpenVaultOptions["command"] = {
      argv: ["/usr/bin/secret-tool", "lookup"],
      run: () => Promise.resolve({ ok: true, stdout: utf8(printed) }),
    };
    const vault = await openVault({ ...options, command });
    await vault.set(HANDLE, secret("faketoken-0123456789"));
    await vault.rotateVaultKey({ by: "command" });
    expect(vault.unlockers.map((unlocker) => unlocker.by)).toEqual(["command"]);
    expect(await reveal(await openVault({ ...options, command }))).toBe("faketoken-0123456789");
    expect((await openVault(options)).lockReason).toBe("no unlock command is configured");
    for (printed of ["", "YWJj\n", `${Buffer.alloc(32, 6).toString("base64")}\n`, "not base64"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await openVault({ ...options, command })).state).toBe("locked");
    }
    const failing: OpenVaultOptions["command"] = {
      argv: ["/usr/bin/x"],
      run: () => Promise.resolve({ ok: false, reason: "it ended with exit code 1" }),
    };
    expect((await openVault({ ...options, command: failing })).lockReason).toContain("exit code 1");
  });

  it("opens for a recipient in another home, and no longer once left out", async () => {
    const { options, home } = await vaultRig(tempDir());
    const other = await vaultRig(tempDir());
    const recipient = newVaultRecipient(join(other.home, "keys"), seededRandom("recipient"));
    const vault = await openVault(options);
    await vault.set(HANDLE, secret("faketoken-0123456789"));
    await vault.rotateVaultKey({ addRecipients: [recipient] });
    expect(vault.unlockers.map((unlocker) => unlocker.by)).toEqual(["key", "recipient"]);
    function copy(): void {
      mkdirSync(join(other.home, "vault"), { recursive: true, mode: 0o700 });
      writeFileSync(other.file, readFileSync(join(home, "vault", "vault.json")), { mode: 0o600 });
    }
    copy();
    expect(await reveal(await openVault(other.options))).toBe("faketoken-0123456789");
    await vault.rotateVaultKey();
    copy();
    expect(await reveal(await openVault(other.options))).toBe("faketoken-0123456789");
    await vault.rotateVaultKey({ dropRecipients: [recipient.kid] });
    copy();
    expect((await openVault(other.options)).state).toBe("locked");
  });

  it("encrypts everything anew with a new vault key", async () => {
    const { options, file } = await vaultRig(tempDir());
    const vault = await openVault(options);
    await vault.set(HANDLE, secret("faketoken-old-12345"));
    await vault.rotate(HANDLE, secret("faketoken-new-12345"));
    const before = readFileSync(file, "utf8");
    await vault.rotateVaultKey();
    const after = readFileSync(file, "utf8");
    for (const field of before.matchAll(/"(?:w|h|mn|meta|vn|val|mac)":"([^"]+)"/g)) {
      expect(after).not.toContain(field[1]);
    }
    expect(await reveal(vault)).toBe("faketoken-new-12345");
    expect(await reveal(await openVault(options))).toBe("faketoken-new-12345");
    expect(await masked(options, "faketoken-old-12345")).toBe(true);
  });

  it("keeps to its targets: 5 ms with a key file", async () => {
    const { options } = await vaultRig(tempDir());
    const vault = await openVault(options);
    for (let i = 0; i < 20; i++) {
      // oxlint-disable-next-line no-await-in-loop -- each is a write
      await vault.set(parseHandle(`handle://vault/many/n${i}`), secret(`faketoken-${i}-12345`));
    }
    const times: number[] = [];
    for (let i = 0; i < 10; i++) {
      const start = performance.now();
      // oxlint-disable-next-line no-await-in-loop -- one measurement after the other
      await openVault(options);
      times.push(performance.now() - start);
    }
    // The best of ten: a shared machine has bad moments.
    expect(Math.min(...times)).toBeLessThan(5);
  });
});

async function masked(options: OpenVaultOptions, value: string): Promise<boolean> {
  const redactor = createRedactor({ random: seededRandom("masked") });
  await (await openVault(options)).feed(redactor);
  return redactor.find(value).length > 0;
}
