import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, test } from "vitest";
import { createRedactor } from "../../../core/create-redactor.ts";
import { loadSodium } from "../../../core/crypto/sodium.ts";
import { parseHandle } from "../../../core/handle.ts";
import { Permit } from "../../../core/permit.ts";
import { SecretBytes } from "../../../core/secret.ts";
import type { SecretDeclaration, Secrets } from "../../../core/secrets.ts";
import { createSecrets } from "../../../core/secrets/create-secrets.ts";
import { parseSecretDeclarations } from "../../../core/secrets/declarations.ts";
import { takeEnvironmentSecrets } from "../../../core/secrets/environment.ts";
import type { RunUserCommand } from "../../../core/user-command.ts";
import { openVault } from "../../../core/vault/open-vault.ts";
import { codeOf, codeOfAsync, seededRandom, text, utf8, vaultRig } from "../../support/core-rig.ts";
import { tempDir } from "../../support/temp-dir.ts";

beforeAll(async () => void (await loadSodium()));

const CMD = parseHandle("handle://cmd/github/token");
const ENV = parseHandle("handle://env/openai/key");
const FILE = parseHandle("handle://file/x/token");
const VAULT = parseHandle("handle://vault/npm/token");

interface Rig {
  readonly secrets: Secrets;
  readonly file: string;
  readonly runs: string[][];
}

async function rig(
  options: { readonly run?: RunUserCommand; readonly env?: Record<string, string>; readonly spent?: boolean } = {},
): Promise<Rig> {
  const home = tempDir();
  const file = join(tempDir({ token: "faketoken-file-123\n" }), "token");
  chmodSync(file, 0o600);
  const { options: vaultOptions } = await vaultRig(home);
  const vault = await openVault(vaultOptions);
  await vault.set(VAULT, new SecretBytes(utf8("faketoken-vault-12")));
  const declarations = parseSecretDeclarations({
    [CMD]: { argv: ["/usr/bin/pass", "show", "github"], bind: [{ host: "api.github.com:443", slot: "bearer" }] },
    [ENV]: { env: "OPENAI_API_KEY" },
    [FILE]: { file },
  }, "/home/me");
  const env: Record<string, string | undefined> = options.env ?? { OPENAI_API_KEY: "faketoken-env-1234" };
  const runs: string[][] = [];
  const secrets = createSecrets({
    vault,
    declarations,
    environment: takeEnvironmentSecrets(env, declarations),
    permits: { spentFor: () => (options.spent === false ? null : "call") },
    run: (argv, limits) => {
      runs.push([...argv]);
      return options.run?.(argv, limits) ?? Promise.resolve({ ok: true, stdout: utf8("faketoken-cmd-1234\r\n") });
    },
  });
  return { secrets, file, runs };
}

async function reveal({ secrets }: Rig, handle: string): Promise<string> {
  return (await secrets.reveal(new Permit(), handle)).use(text);
}

describe("createSecrets()", () => {
  it("resolves every provider, without one trailing newline", async () => {
    const made = await rig();
    expect([await reveal(made, VAULT), await reveal(made, ENV), await reveal(made, FILE), await reveal(made, CMD)])
      .toEqual([
        "faketoken-vault-12",
        "faketoken-env-1234",
        "faketoken-file-123",
        "faketoken-cmd-1234",
      ]);
    expect(made.runs).toEqual([["/usr/bin/pass", "show", "github"]]);
  });

  it("masks what is known at once, and what a command prints before its first use", async () => {
    const made = await rig();
    const redactor = createRedactor({ random: seededRandom() });
    await made.secrets.feed(redactor);
    expect(made.runs).toEqual([]);
    function known(value: string): string | null | undefined {
      return redactor.find(value)[0]?.handle;
    }
    expect([
      known("faketoken-vault-12"),
      known("faketoken-env-1234"),
      known("faketoken-file-123"),
      known("faketoken-cmd-1234"),
    ])
      .toEqual([VAULT, ENV, FILE, undefined]);
    await reveal(made, CMD);
    expect(known("faketoken-cmd-1234")).toBe(CMD);
  });

  it("masks a new value of a file before it is used", async () => {
    const made = await rig();
    const redactor = createRedactor({ random: seededRandom() });
    await made.secrets.feed(redactor);
    writeFileSync(made.file, "faketoken-file-999");
    await reveal(made, FILE);
    expect(redactor.find("faketoken-file-999")).toHaveLength(1);
    expect(redactor.find("faketoken-file-123")).toHaveLength(1);
  });

  it("lists handles and bindings of all providers, never values", async () => {
    const listed = await (await rig()).secrets.list();
    expect(listed.map((info) => info.handle)).toEqual([VAULT, CMD, ENV, FILE]);
    expect(JSON.stringify(listed)).not.toContain("faketoken");
  });

  it("takes an undeclared handle for unknown and an unbound one for unusable", async () => {
    const { secrets } = await rig();
    const place = {
      slot: "bearer",
      origin: null,
      method: null,
      tool: null,
      skill: null,
      provider: null,
      command: null,
    };
    expect(await codeOfAsync(() => secrets.bindingFor(parseHandle("handle://env/no/such"), place))).toBe(
      "SECRET_UNKNOWN",
    );
    expect(await codeOfAsync(() => secrets.bindingFor(ENV, place))).toBe("SECRET_UNBOUND");
    expect(await codeOfAsync(() => secrets.bindingFor(CMD, place))).toBe("SECRET_PLACE");
    const origin = { scheme: "https", host: "api.github.com", port: 443 } as const;
    expect(await secrets.bindingFor(CMD, { ...place, origin })).toMatchObject({ slot: "bearer" });
    expect(await codeOfAsync(() => secrets.reveal(new Permit(), "handle://cmd/no/such"))).toBe("SECRET_UNKNOWN");
    expect(await codeOfAsync(() => secrets.reveal(new Permit(), "nonsense"))).toBe("SECRET_HANDLE");
  });

  it("runs nothing and reads nothing without a spent permit", async () => {
    const made = await rig({ spent: false });
    for (const handle of [CMD, ENV, FILE]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await codeOfAsync(() => made.secrets.reveal(new Permit(), handle))).toBe("PERMIT_INVALID");
    }
    expect(made.runs).toEqual([]);
  });

  it("says why a value cannot be had, without any of it", async () => {
    const failing = await rig({
      run: () => Promise.resolve({ ok: false, reason: "it ended with exit code 1" }),
      env: {},
    });
    expect(await codeOfAsync(() => failing.secrets.reveal(new Permit(), CMD))).toBe("SECRET_UNREADABLE");
    expect(await codeOfAsync(() => failing.secrets.reveal(new Permit(), ENV))).toBe("SECRET_UNREADABLE");
    chmodSync(failing.file, 0o644);
    await expect(failing.secrets.reveal(new Permit(), FILE)).rejects.toThrow(/others may open it/);
    await failing.secrets.feed(createRedactor({ random: seededRandom() }));
  });

  it("refuses values that cannot be masked", async () => {
    const short = await rig({
      run: () => Promise.resolve({ ok: true, stdout: utf8("short\n") }),
      env: { OPENAI_API_KEY: "aaaaaaaaaaaa" },
    });
    for (const handle of [CMD, ENV]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await codeOfAsync(() => short.secrets.reveal(new Permit(), handle))).toBe("SECRET_TOO_SHORT");
    }
    await short.secrets.feed(createRedactor({ random: seededRandom() }));
  });
});

describe("takeEnvironmentSecrets()", () => {
  it("takes declared variables away, and only masks telling ones", () => {
    const declarations: readonly SecretDeclaration[] = parseSecretDeclarations(
      { [ENV]: { env: "OPENAI_API_KEY" } },
      "/",
    );
    const env: Record<string, string | undefined> = {
      OPENAI_API_KEY: "faketoken-env-1234",
      NPM_TOKEN: "faketoken-npm-12345",
      my_password: "fake-Pa55-word-123",
      AWS_CREDENTIALS: "faketoken-aws-12345",
      SHORT_TOKEN: "short",
      DULL_SECRET: "aaaaaaaaaaaaaaaaaaaa",
      SSH_KEY: process.execPath,
      TOKEN_COUNT: "faketoken-not-12345",
      PATH: "/usr/bin:/usr/local/bin",
    };
    const taken = takeEnvironmentSecrets(env, declarations);
    expect([...taken.declared].map(([handle, value]) => [handle, text(value)])).toEqual([[ENV, "faketoken-env-1234"]]);
    expect(taken.credentials.map(text)).toEqual(["faketoken-npm-12345", "fake-Pa55-word-123", "faketoken-aws-12345"]);
    expect(Object.keys(env)).not.toContain("OPENAI_API_KEY");
    expect(env["NPM_TOKEN"]).toBe("faketoken-npm-12345");
  });
});

describe("parseSecretDeclarations()", () => {
  it("takes an absent block for none, and ~/ for the home", () => {
    expect(parseSecretDeclarations(undefined, "/home/me")).toEqual([]);
    expect(parseSecretDeclarations({ [FILE]: { file: "~/.config/x/token" } }, "/home/me")).toEqual([
      { handle: FILE, source: { kind: "file", path: "/home/me/.config/x/token" }, bindings: [] },
    ]);
  });

  test.for<readonly [string, unknown]>([
    ["a list", []],
    ["a text", "x"],
    ["a vault handle", { [VAULT]: { env: "X" } }],
    ["a handle that is none", { "handle://env/a": { env: "X" } }],
    ["the source of another provider", { [ENV]: { file: "/x" } }],
    ["two sources", { [ENV]: { env: "X", file: "/x" } }],
    ["an unknown key", { [ENV]: { env: "X", bnd: [] } }],
    ["a bad variable", { [ENV]: { env: "A-B" } }],
    ["a relative file", { [FILE]: { file: "token" } }],
    ["a program without its folder", { [CMD]: { argv: ["pass", "show"] } }],
    ["no program", { [CMD]: { argv: [] } }],
    ["a shell line", { [CMD]: { argv: "/usr/bin/pass show" } }],
    ["a bad binding", { [ENV]: { env: "X", bind: [{ host: "*.x.y:443", slot: "bearer" }] } }],
    ["nothing", { [ENV]: null }],
  ])(
    "refuses %s",
    ([, block]) => expect(codeOf(() => parseSecretDeclarations(block, "/home/me"))).toBe("SECRETS_INVALID"),
  );
});
