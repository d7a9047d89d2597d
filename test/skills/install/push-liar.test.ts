import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeAll, describe, expect, it, test } from "vitest";
import { listen } from "../../support/listen.ts";
import { type Desk, makeSharedDesk } from "./desk.ts";
import { release, writePackage } from "./publisher.ts";

/** What the registry says to POST, where an upload begins; `null` is the truth. */
type Begin = (response: ServerResponse) => void;

let desk: Desk;
let file: string;
let ports: readonly [number, number];
let begin: Begin | null = null;
/** Bodies of PUT by the port that they reached. */
let got: { readonly port: number; readonly path: string; readonly auth: string | undefined; readonly bytes: number }[] =
  [];

beforeAll(async () => {
  ports = [
    await listen((request, response) => void answer(0, request, response)),
    await listen((request, response) => void answer(1, request, response)),
  ];
  desk = await makeSharedDesk();
  const rule = `capability: network_request, cidr: ["127.0.0.0/8"], ports: [${ports.join(", ")}]`;
  // Policy lets it go anywhere here: what keeps the package at its registry is not policy.
  await desk.allow(`{ id: registry, effect: allow, ${rule} }`);
  const archive = release("1.0.0");
  file = writePackage(desk.root, archive, desk.signer.sign(archive));
});

async function answer(which: 0 | 1, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes = 0;
  for await (const piece of request) bytes += (piece as Uint8Array).length;
  if (request.method === "HEAD") response.writeHead(404).end();
  else if (request.method === "POST" && begin !== null) begin(response);
  else if (request.method === "POST") response.writeHead(202, { location: "/v2/a/b/up/1?_state=x" }).end();
  else {
    got.push({ port: ports[which], path: request.url ?? "", auth: request.headers.authorization, bytes });
    response.writeHead(201).end();
  }
}

async function push(): Promise<{ readonly exit: number; readonly code: string | null; readonly text: string }> {
  got = [];
  const said = await desk.run("skill", "push", file, `oci:127.0.0.1:${ports[0]}/a/b:1`, "--json");
  const { error } = said.json() as { error?: { code: string } };
  return { exit: said.exit, code: error?.code ?? null, text: said.stdout };
}

function location(to: () => string): Begin {
  return (response) => void response.writeHead(202, { location: to() }).end();
}

describe("a registry that is pushed to", () => {
  it("gets three blobs and the manifest, in this order", async () => {
    begin = null;
    expect(await push()).toMatchObject({ exit: 0, code: null });
    const [config, signature, archive, manifest] = got.map(({ path }) => path.replace(/\?.*/, ""));
    expect([config, signature, archive, manifest]).toEqual([...Array(3).fill("/v2/a/b/up/1"), "/v2/a/b/manifests/1"]);
  });

  test.for<readonly [string, Begin, string]>([
    ["to another port of this machine", location(() => `http://127.0.0.1:${ports[1]}/up`), "REDIRECT"],
    ["to another address", location(() => `http://127.0.0.2:${ports[0]}/up`), "REDIRECT"],
    ["to the same place by name", location(() => `http://localhost:${ports[0]}/up`), "REDIRECT"],
    ["to another scheme", location(() => `https://127.0.0.1:${ports[0]}/up`), "REDIRECT"],
    ["beside its scheme", location(() => `//127.0.0.1:${ports[1]}/up`), "REDIRECT"],
    ["to a file", location(() => "file:///etc/passwd"), "REDIRECT"],
    ["to no place", location(() => "http://["), "REDIRECT"],
    ["with a password", location(() => `http://me:secret-word@127.0.0.1:${ports[0]}/up`), "REDIRECT"],
    ["without a place", (response) => void response.writeHead(202).end(), "REDIRECT"],
    ["by a redirect", (response) => void response.writeHead(307, { location: "/up" }).end(), "READ_FAILED"],
    ["nowhere, with words", (response) => void response.writeHead(500).end("secret-word \u001b[2J"), "READ_FAILED"],
    ["before it began", (response) => void response.writeHead(201, { location: "/up" }).end(), "READ_FAILED"],
  ])("and sends us %s gets nothing, and nobody else does", async ([, told, code]) => {
    begin = told;
    const said = await push();
    expect(said).toMatchObject({ code, exit: code === "REDIRECT" ? 7 : 1 });
    expect(said.text).not.toContain("secret-word");
    expect(got).toEqual([]);
  });

  it("says that it has everything, and keeps the manifest alone: that is its affair, and a pull finds out", async () => {
    begin = null;
    expect(await push()).toMatchObject({ exit: 0 });
    const pulled = await desk.run("skill", "pull", `oci:127.0.0.1:${ports[0]}/a/b:1`, "--json");
    expect(pulled.json()).toMatchObject({ error: { code: "NOT_FOUND" } });
  });
});
