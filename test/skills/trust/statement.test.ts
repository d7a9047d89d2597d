import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { canonicalJson } from "../../../core/mod.ts";
import { signMinisign } from "../../../skills/minisign.ts";
import { keyDigest } from "../../../skills/trust/publishers.ts";
import { type Desk, makeSharedDesk } from "../install/desk.ts";
import { makeSigner, release, type Signer, writePackageAs } from "../install/publisher.ts";

let desk: Desk;
let next: Signer;
let third: Signer;
beforeAll(async () => {
  desk = await makeSharedDesk();
  [next, third] = [makeSigner(2), makeSigner(3)];
});
beforeEach(async () => {
  desk.reset();
  await desk.trust();
});

const LONG_AGO = "2020-01-01T00:00:00Z";
const FAR = "2099-01-01T00:00:00Z";

interface Given {
  readonly serial?: number;
  readonly expires?: string;
  readonly root?: { readonly keys: readonly string[]; readonly threshold: number };
  readonly signers?: readonly {
    readonly key: string;
    readonly from: string;
    readonly until: string | null;
    readonly names: readonly string[] | null;
  }[];
  readonly revoked?: { readonly keys: readonly string[]; readonly packages: readonly string[] };
}

function keyOf(signer: Signer): string {
  return signer.key.public.text;
}

function signerFor(
  signer: Signer,
  over: { until?: string | null; from?: string; names?: readonly string[] | null } = {},
): NonNullable<Given["signers"]>[number] {
  return { key: keyOf(signer), from: LONG_AGO, until: null, names: null, ...over };
}

/** Writes a statement and its signatures; gives its path. */
function statement(given: Given, by: readonly Signer[], text?: string): string {
  const dir = join(desk.root, `statement-${Math.trunc(performance.now() * 1000)}`);
  mkdirSync(dir);
  const value = {
    v: 1,
    namespace: "example-org",
    serial: 1,
    expires: FAR,
    root: { keys: [keyOf(desk.signer)], threshold: 1 },
    signers: [signerFor(desk.signer)],
    revoked: { keys: [], packages: [] },
    ...given,
  };
  const file = join(dir, "publisher.json");
  const bytes = new TextEncoder().encode(text ?? `${canonicalJson(value)}\n`);
  writeFileSync(file, bytes);
  for (const [at, signer] of by.entries()) {
    writeFileSync(`${file}.${at}.minisig`, signMinisign(bytes, signer.key, `statement ${at}`));
  }
  return file;
}

async function rotate(file: string): Promise<{ readonly exit: number; readonly code: string | null }> {
  const said = await desk.run("trust", "rotate", file, "--json");
  const { error } = said.json() as { error?: { code: string } };
  return { exit: said.exit, code: error?.code ?? null };
}

/** What `trust add` says of a key for this namespace. */
async function pin(signer: Signer): Promise<{ readonly exit: number; readonly code: string | null }> {
  const file = join(desk.root, "pinned.pub");
  writeFileSync(file, signer.pub);
  const digest = keyDigest(keyOf(signer));
  const said = await desk.run("trust", "add", file, "--as", "example-org", "--confirm", digest, "--json");
  const { error } = said.json() as { error?: { code: string } };
  return { exit: said.exit, code: error?.code ?? null };
}

const OK = { exit: 0, code: null };
const ROTATION = { exit: 7, code: "ROTATION" };

async function install(signer: Signer, version: string): Promise<string> {
  const archive = release(version);
  const file = writePackageAs(join(desk.root, "s.azs"), archive, signer.sign(archive));
  const said = await desk.install(file);
  const { error } = said.json() as { error?: { code: string } };
  return error?.code ?? "installed";
}

describe("a publisher's statement", () => {
  it("moves a namespace to a new key; what the old one signed and is installed runs on", async () => {
    expect(await install(desk.signer, "1.0.0")).toBe("installed");
    expect(await rotate(statement({ signers: [signerFor(next)] }, [desk.signer]))).toEqual(OK);
    expect((await desk.run("skill", "info", "pdf-report")).exit).toBe(0);
    expect(await install(desk.signer, "1.1.0")).toBe("KEY_CHANGED");
    expect(await install(next, "1.1.0")).toBe("installed");
  });

  it("lets nobody pin a key again that it replaced, nor one that is not in it", async () => {
    expect(await rotate(statement({ signers: [signerFor(next)] }, [desk.signer]))).toEqual(OK);
    expect(await pin(desk.signer)).toMatchObject({ exit: 7, code: "KEY_CHANGED" });
    expect(await pin(third)).toMatchObject({ exit: 7, code: "KEY_CHANGED" });
    // The key that counts is pinned as it is.
    expect(await pin(next)).toMatchObject(OK);
  });

  it("signed with the comment that minisign makes by itself is refused with what to do", async () => {
    const file = statement({}, [desk.signer]);
    const path = `${file}.0.minisig`;
    const words = "timestamp:1700000000\tfile:publisher.json\thashed";
    writeFileSync(path, readFileSync(path, "utf8").replace(/^trusted comment: .*$/m, `trusted comment: ${words}`));
    const said = (await desk.run("trust", "rotate", file, "--json")).json();
    expect(said).toMatchObject({ error: { code: "SIG_MALFORMED", hint: expect.stringContaining("-t 'TEXT'") } });
  });

  it("needs the threshold of the old and of the new root, and no gap", async () => {
    const roots = { keys: [keyOf(next), keyOf(third)], threshold: 2 };
    expect(await rotate(statement({ root: roots }, [desk.signer, next]))).toEqual(ROTATION);
    expect(await rotate(statement({ root: roots }, [next, third]))).toEqual(ROTATION);
    expect(await rotate(statement({ root: roots }, [desk.signer, next, third]))).toEqual(OK);
    expect(await rotate(statement({ serial: 2, root: roots }, [next, next]))).toEqual(ROTATION);
    expect(await rotate(statement({ serial: 3, root: roots }, [next, third]))).toEqual(ROTATION);
    expect(await rotate(statement({ serial: 1, root: roots }, [next, third]))).toEqual(ROTATION);
    expect(await rotate(statement({ serial: 2, root: roots }, [next, third]))).toEqual(OK);
  });

  it("ends the trust in new releases when it ends, not in what is installed", async () => {
    expect(await install(desk.signer, "1.0.0")).toBe("installed");
    const soon = new Date(Date.now() + 1_500).toISOString().replace(/\.\d+Z$/, "Z");
    const taken = await rotate(statement({ expires: soon }, [desk.signer]));
    // Taken in time or not at all: both are what it says.
    expect([OK, { exit: 7, code: "EXPIRED" }]).toContainEqual(taken);
    expect(await rotate(statement({ expires: LONG_AGO }, [desk.signer]))).toEqual({ exit: 7, code: "EXPIRED" });
    expect((await desk.run("skill", "info", "pdf-report")).exit).toBe(0);
  });

  it("says until when and what a key may sign", async () => {
    const signers = [signerFor(next, { until: LONG_AGO }), signerFor(third, { names: ["other"] })];
    expect(await rotate(statement({ signers }, [desk.signer]))).toEqual(OK);
    expect(await install(next, "1.0.0")).toBe("EXPIRED");
    expect(await install(third, "1.0.0")).toBe("NAMESPACE_KEY");
  });

  it("revokes keys and packages of its own namespace", async () => {
    expect(await install(desk.signer, "1.0.0")).toBe("installed");
    const revoked = { keys: [keyOf(desk.signer)], packages: [] };
    expect(await rotate(statement({ signers: [signerFor(next)], revoked }, [desk.signer]))).toEqual(OK);
    const said = await desk.run("skill", "info", "pdf-report", "--json");
    expect([said.json(), said.exit]).toMatchObject([{ skills: [{ state: "refused", code: "REVOKED" }] }, 7]);
  });

  it("cannot take a revocation back: what is revoked stays so", async () => {
    expect(await install(desk.signer, "1.0.0")).toBe("installed");
    const revoked = { keys: [keyOf(desk.signer)], packages: [] };
    const given = { signers: [signerFor(next)], root: { keys: [keyOf(next)], threshold: 1 } };
    expect(await rotate(statement({ ...given, revoked }, [desk.signer, next]))).toEqual(OK);
    expect(await rotate(statement({ ...given, serial: 2 }, [next]))).toEqual(OK);
    expect((await desk.run("skill", "info", "pdf-report", "--json")).json()).toMatchObject({
      skills: [{ code: "REVOKED" }],
    });
  });

  test.for(
    [
      ["ends on a day that is none", { expires: "2099-13-45T99:99:99Z" }],
      ["ends on the 30th of February", { expires: "2099-02-30T00:00:00Z" }],
      [
        "names a key that begins on no day",
        (key: string) => ({ signers: [{ key, from: "2020-00-00T00:00:00Z", until: null, names: null }] }),
      ],
      ["names a key that is none", { signers: [{ key: "A".repeat(56), from: LONG_AGO, until: null, names: null }] }],
      ["revokes a key that is none", { revoked: { keys: ["A".repeat(56)], packages: [] } }],
    ] as const,
  )("is refused when it %s", async ([, given]) => {
    const fields: Given = typeof given === "function" ? given(keyOf(desk.signer)) : given;
    expect(await rotate(statement(fields, [desk.signer]))).toEqual(ROTATION);
    // Nothing of it stays, so that others can be installed from as before.
    expect(await install(desk.signer, "1.0.0")).toBe("installed");
  });

  test.for(
    [
      ["no JSON", "nonsense"],
      ["a second spelling", '{"v": 1}\n'],
      ["an unknown key", '{"v":1,"more":true}\n'],
    ] as const,
  )("is refused with %s", async ([, text]) => {
    expect(await rotate(statement({}, [desk.signer], text))).toEqual(ROTATION);
  });

  it("is refused without a signature, and for a namespace that nobody is pinned for", async () => {
    expect(await rotate(statement({}, []))).toEqual({ exit: 7, code: "SIG_MISSING" });
    desk.reset();
    expect(await rotate(statement({}, [desk.signer]))).toEqual({ exit: 5, code: "KEY_UNTRUSTED" });
  });
});
