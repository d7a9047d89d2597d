import type { IncomingMessage, ServerResponse } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { loadSodium, sha256 } from "../../../core/mod.ts";
import {
  describe as descriptor,
  formatManifest,
  PACKAGE_TYPE,
  SIGNATURE_TYPE,
} from "../../../skills/sources/oci-manifest.ts";
import { withLogin } from "../../../skills/sources/login.ts";
import type { SourceNet, SourceRequest } from "../../../skills/sources/net.ts";
import { parseOciReference } from "../../../skills/sources/reference.ts";
import { runHere, type Said } from "../../support/command-line.ts";
import { listen } from "../../support/listen.ts";
import { type Desk, makeSharedDesk } from "../install/desk.ts";
import { makeSigner, release, writePackage } from "../install/publisher.ts";
import { filesOf, lastRecord } from "../install/traces.ts";

const PASSWORD = "fake-registry-password-41";
const TOKEN = "fake.eyJhbGciOiJub25lIn0.registry-token_77-x==";
const BASIC = `Basic ${Buffer.from(`me:${PASSWORD}`).toString("base64")}`;

interface Seen {
  readonly at: "registry" | "auth";
  readonly method: string;
  readonly url: string;
  readonly authorization: string | null;
}

interface Lab {
  readonly registry: number;
  readonly auth: number;
  readonly seen: Seen[];
  ref(tag?: string): string;
}

/** What the two servers say; a test changes it. */
interface Told {
  challenge: (ports: { readonly registry: number; readonly auth: number }) => string;
  token: (request: IncomingMessage, response: ServerResponse) => void;
}

function json(body: unknown): Told["token"] {
  return (_request, response) =>
    void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const HONEST: Told = {
  challenge: ({ auth }) =>
    `Bearer realm="http://127.0.0.1:${auth}/token",service="registry.test",scope="repository:example-org/pdf-report:pull"`,
  token: json({ token: TOKEN, expires_in: 300 }),
};

let desk: Desk;
let lab: Lab;
let told: Told;
let archive: Uint8Array;
let manifest: Uint8Array;
let blobs: Map<string, Uint8Array>;

beforeAll(async () => {
  await loadSodium();
  const signer = makeSigner();
  archive = release("1.0.0");
  const minisig = signer.sign(archive);
  manifest = formatManifest({
    archive: descriptor(PACKAGE_TYPE, archive),
    signature: descriptor(SIGNATURE_TYPE, minisig),
  }, "pdf-report-1.0.0.azs");
  blobs = new Map([[sha256(archive), archive], [sha256(minisig), minisig]]);
  desk = await makeSharedDesk(signer);
  lab = await openLab();
  await desk.trust();
  const { registry, auth } = lab;
  await keep("registry/me", "basic:me", [registry, auth]);
  await keep("registry/only", "basic:me", [registry]);
  await keep("registry/bearer", "bearer", [registry]);
  await desk.allow(
    `{ id: net, effect: allow, capability: network_request, cidr: ["127.0.0.1/32"], ports: [${registry}, ${auth}] }`,
    `{ id: secret, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/registry/*"], inject: ["basic:me", bearer], cidr: ["127.0.0.1/32"] }`,
  );
});

beforeEach(() => {
  told = { ...HONEST };
  lab.seen.splice(0);
});

/** The password in the vault, bound to these ports. */
async function keep(name: string, slot: string, ports: readonly number[]): Promise<void> {
  for (const [index, port] of ports.entries()) {
    const words = ["vault", index === 0 ? "set" : "bind", name, "--host", `127.0.0.1:${port}`, "--slot", slot];
    // oxlint-disable-next-line no-await-in-loop -- one vault
    const said = await runHere(words, { ...desk, input: PASSWORD });
    expect([words, said.exit, said.stderr]).toEqual([words, 0, expect.anything()]);
  }
}

async function openLab(): Promise<Lab> {
  const seen: Seen[] = [];
  const ports = { registry: 0, auth: 0 };
  ports.registry = await listen((request, response) => {
    note("registry", request);
    const path = (request.url ?? "").replace("/v2/example-org/pdf-report/", "");
    const blob = blobs.get(path.replace("blobs/", ""));
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      response.writeHead(401, { "www-authenticate": told.challenge(ports) }).end("{}");
    } else if (request.method === "POST") {
      response.writeHead(202, { location: "/v2/example-org/pdf-report/up/1" }).end();
    } else if (request.method === "PUT") {
      request.resume().on("end", () => response.writeHead(201).end());
    } else if (path.startsWith("manifests/")) {
      response.setHeader("docker-content-digest", sha256(manifest));
      response.end(request.method === "HEAD" ? undefined : manifest);
    } else if (blob === undefined || request.method === "HEAD") response.writeHead(404).end();
    else response.end(blob);
  });
  ports.auth = await listen((request, response) => {
    note("auth", request);
    told.token(request, response);
  });
  function note(at: Seen["at"], { method = "", url = "", headers }: IncomingMessage): void {
    seen.push({ at, method, url, authorization: headers.authorization ?? null });
  }
  return { ...ports, seen, ref: (tag = "1.0.0") => `oci:127.0.0.1:${ports.registry}/example-org/pdf-report:${tag}` };
}

const CREDENTIAL = ["--credential", "registry/me", "--as", "basic:me"] as const;

async function pull(...more: readonly string[]): Promise<Said> {
  return await desk.run("skill", "pull", lab.ref(), "-o", join(desk.root, "out"), "--json", ...more);
}

function sentTo(at: Seen["at"]): readonly (string | null)[] {
  return lab.seen.filter((one) => one.at === at).map(({ authorization }) => authorization);
}

/** Every byte that was written anywhere below the desk, and what was said. */
async function everything(said: Said): Promise<string> {
  const files = readdirSync(desk.root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
  return [...files, said.stdout, said.stderr, await lastRecord(desk)].join("\n");
}

describe("a registry that asks for a token", () => {
  it("is logged in to, once, for this repository, and the token stands nowhere", async () => {
    const said = await pull();
    expect([said.exit, said.stdout]).toEqual([0, expect.stringContaining("pdf-report-1.0.0.azs")]);
    const asked = lab.seen.filter(({ at }) => at === "auth");
    expect(asked).toEqual([{
      at: "auth",
      method: "GET",
      url: "/token?service=registry.test&scope=repository%3Aexample-org%2Fpdf-report%3Apull",
      authorization: null,
    }]);
    expect(sentTo("registry").slice(1).every((value) => value === `Bearer ${TOKEN}`)).toBe(true);
    const all = await everything(said);
    expect(all).not.toContain(TOKEN);
    expect(all).toContain(`GET http://127.0.0.1:${lab.auth}/token`);
  });

  it("gets the password at the place that its binding names, and a token everywhere else", async () => {
    const said = await pull(...CREDENTIAL);
    expect([said.exit, said.stdout]).toEqual([0, expect.anything()]);
    expect(sentTo("auth")).toEqual([BASIC]);
    expect(sentTo("registry")).toEqual([BASIC, ...Array.from({ length: 4 }, () => `Bearer ${TOKEN}`)]);
    const all = await everything(said);
    for (const value of [TOKEN, PASSWORD, BASIC.slice(6)]) expect(all).not.toContain(value);
  });

  it("is pushed to with a token for that", async () => {
    const file = writePackage(desk.root, archive, desk.signer.sign(archive));
    const said = await desk.run(
      "skill",
      "push",
      file,
      lab.ref(),
      "--json",
      ...CREDENTIAL,
    );
    expect([said.exit, said.stdout]).toEqual([0, expect.stringContaining("sha256:")]);
    expect(lab.seen.find(({ at }) => at === "auth")?.url).toContain("%3Apull%2Cpush");
  });

  it("installs, and its own place may be where it logs in", async () => {
    told.challenge = ({ registry }) => `Bearer realm="http://127.0.0.1:${registry}/v2/token"`;
    const before = filesOf(desk);
    // It says 401 there, too: that is no token.
    const said = await desk.run("skill", "install", lab.ref(), "--json");
    expect([said.json(), said.exit]).toMatchObject([{ error: { code: "READ_FAILED" } }, 1]);
    expect([...filesOf(desk)]).toEqual([...before]);
    told.challenge = HONEST.challenge;
    expect((await desk.install(lab.ref())).exit).toBe(0);
  });

  it("is asked for another token when one has ended, and not for ever", async () => {
    told.token = json({ access_token: "fake-token-that-is-not-liked" });
    const said = await pull();
    expect([said.json(), said.exit]).toMatchObject([{ error: { code: "READ_FAILED" } }, 1]);
    expect(sentTo("auth").length).toBeLessThan(4);
  });
});

type Case = readonly [what: string, code: string, exit: number, change: Partial<Told>];

function realm(text: string | ((auth: number) => string)): Partial<Told> {
  return { challenge: ({ auth }) => `Bearer realm="${typeof text === "string" ? text : text(auth)}",service="x"` };
}

// Nothing is connected to, no password leaves.
const REALMS: readonly Case[] = [
  ["not https", "SOURCE_TRANSPORT", 7, realm("http://auth.example.com/token")],
  ["a name that could be this machine", "SOURCE_TRANSPORT", 7, realm((auth) => `http://localhost:${auth}/token`)],
  ["a file", "SOURCE_TRANSPORT", 7, realm("file:///etc/passwd")],
  ["other schemes", "SOURCE_TRANSPORT", 7, realm("gopher://127.0.0.1/")],
  ["a user", "SOURCE_TRANSPORT", 7, realm((auth) => `http://me:x@127.0.0.1:${auth}/token`)],
  ["a user that looks like a host", "SOURCE_TRANSPORT", 7, realm((auth) => `https://127.0.0.1:${auth}@evil.example/`)],
  ["a fragment", "SOURCE_TRANSPORT", 7, realm((auth) => `http://127.0.0.1:${auth}/token#x`)],
  ["backslashes", "SOURCE_TRANSPORT", 7, realm("https:\\\\\\\\evil.example/")],
  ["a relative place", "SOURCE_TRANSPORT", 7, realm("/token")],
  ["nothing", "SOURCE_TRANSPORT", 7, realm("")],
  ["two places", "SOURCE_TRANSPORT", 7, {
    challenge: ({ auth }) => `Bearer realm="http://127.0.0.1:${auth}/",realm="https://evil.example/"`,
  }],
  ["control bytes", "SOURCE_TRANSPORT", 7, realm("https://auth.example.com/\u009b2J")],
  ["a page of text", "SOURCE_TRANSPORT", 7, realm(`https://auth.example.com/${"x".repeat(6_000)}`)],
  ["another host", "POLICY_DEFAULT", 5, realm("https://evil.example/token")],
  ["a metadata address", "POLICY_DENY", 5, realm("https://169.254.169.254/token")],
];

describe("a place to log in", () => {
  test.for(REALMS)("is refused when it is %s: %s", async ([, code, exit, change]) => {
    Object.assign(told, change);
    const said = await pull(...CREDENTIAL);
    const { error } = said.json() as { error: { code: string; message: string } };
    expect([error.code, said.exit, error.message]).toEqual([code, exit, expect.not.stringMatching(/[^\x20-\x7e]/u)]);
    expect(sentTo("auth")).toEqual([]);
    expect(sentTo("registry")).toEqual([BASIC]);
    expect(await lastRecord(desk)).toContain(code);
  });

  it("gets no password that is not bound to it, and is not even connected to", async () => {
    const said = await pull("--credential", "registry/only", "--as", "basic:me");
    expect([said.json(), said.exit]).toMatchObject([{ error: { code: "SECRET_PLACE" } }, 5]);
    expect(sentTo("auth")).toEqual([]);
  });

  it("gets nothing that is sent as a token already", async () => {
    const said = await pull("--credential", "registry/bearer", "--as", "bearer");
    expect([said.json(), said.exit]).toMatchObject([{ error: { code: "SECRET_PLACE" } }, 5]);
    expect(sentTo("auth")).toEqual([]);
  });

  it("is not asked for by a place that the registry sent us to, and no token goes there", async () => {
    const sent: SourceRequest[] = [];
    const answer = { status: 401, header: () => HONEST.challenge(lab), bytes: new Uint8Array(), truncated: false };
    const net: SourceNet = {
      send: (request) => Promise.resolve(void sent.push(request)).then(() => answer),
      allows: () => true,
      keepSecret: () => undefined,
    };
    const request = {
      method: "GET",
      url: "https://elsewhere.example/blob",
      headers: [],
      body: null,
      maxBytes: 10,
    } as const;
    const way = withLogin(net, parseOciReference("oci:registry.example.com/example-org/pdf-report:1.0.0"), "pull");
    expect(await way.send(request)).toBe(answer);
    expect(sent).toEqual([request]);
  });
});

// It was asked, and what it said is of no use.
const ANSWERS: readonly Case[] = [
  ["a huge token", "SIZE_LIMIT", 7, { token: json({ token: "x".repeat(20_000) }) }],
  ["an answer without end", "SIZE_LIMIT", 7, { token: json({ token: "x".repeat(200_000) }) }],
  ["a token with a line end", "READ_FAILED", 1, { token: json({ token: "abcdefgh\r\nx: y" }) }],
  ["a token with an escape sequence", "READ_FAILED", 1, { token: json({ token: "abcdefgh\u001b[2J" }) }],
  ["a token that cannot be masked", "READ_FAILED", 1, { token: json({ token: "a" }) }],
  ["no token", "READ_FAILED", 1, { token: json({ error: "secret words" }) }],
  ["a token of another kind", "READ_FAILED", 1, { token: json({ token: { a: 1 } }) }],
  ["a page", "READ_FAILED", 1, { token: (_request, response) => void response.end("<html>secret words") }],
  ["no", "READ_FAILED", 1, { token: (_request, response) => void response.writeHead(403).end("secret words") }],
  ["another place", "REDIRECT", 7, {
    token: (_request, response) => void response.writeHead(302, { location: "https://evil.example/" }).end(),
  }],
];

describe("a place to log in that answers with", () => {
  test.for(ANSWERS)("%s is a refusal: %s", async ([, code, exit, change]) => {
    Object.assign(told, change);
    const before = filesOf(desk);
    const said = await desk.run("skill", "install", lab.ref(), "--json");
    const { error } = said.json() as { error: { code: string } };
    expect([error.code, said.exit]).toEqual([code, exit]);
    for (const words of ["secret words", "\u001b"]) expect(said.stdout).not.toContain(words);
    expect(sentTo("auth").length).toBe(1);
    expect([...filesOf(desk)]).toEqual([...before]);
  });
});
