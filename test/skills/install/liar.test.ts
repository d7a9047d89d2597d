import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeAll, describe, expect, it, test } from "vitest";
import { openComposedSession } from "../../../cli/compose.ts";
import { createNobody } from "../../../cli/approvers.ts";
import { systemTimers } from "../../../cli/system/timers.ts";
import { loadSodium, sha256 } from "../../../core/mod.ts";
import { createHttp } from "../../../session/mod.ts";
import { parseOciReference, pullSkill } from "../../../skills/mod.ts";
import {
  describe as descriptor,
  formatManifest,
  PACKAGE_TYPE,
  SIGNATURE_TYPE,
} from "../../../skills/sources/oci-manifest.ts";
import { contextIn } from "../../support/context.ts";
import { listen } from "../../support/listen.ts";
import { type Desk, makeSharedDesk } from "./desk.ts";
import { makeSigner, release, type Signer } from "./publisher.ts";
import { filesOf, lastRecord } from "./traces.ts";

/** What a server says to one path: status, headers and body, or whatever it does to the socket. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Shelf {
  readonly signer: Signer;
  readonly archive: Uint8Array;
  readonly minisig: Uint8Array;
  readonly manifest: Uint8Array;
}

let shelf: Shelf;
let desk: Desk;
let port: number;
beforeAll(async () => {
  await loadSodium();
  const signer = makeSigner();
  const archive = release("1.0.0");
  const minisig = signer.sign(archive);
  const layers = { archive: descriptor(PACKAGE_TYPE, archive), signature: descriptor(SIGNATURE_TYPE, minisig) };
  shelf = { signer, archive, minisig, manifest: formatManifest(layers, "pdf-report-1.0.0.azs") };
  port = await serve();
  desk = await makeSharedDesk(signer);
  await desk.trust();
  await desk.allow(
    `{ id: registry, effect: allow, capability: network_request, cidr: ["127.0.0.1/32"], ports: [${port}] }`,
  );
});

/** What a registry answers itself, instead of the truth: then it gives `true`. */
type Lie = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

function honest(): boolean {
  return false;
}

let lie: Lie = honest;

/** An honest registry but for {@link lie}. */
async function serve(): Promise<number> {
  return await listen((request, response) => {
    const path = (request.url ?? "").replace("/v2/example-org/pdf-report/", "");
    if (lie(path, request, response)) return;
    const { archive, minisig, manifest } = shelf;
    const blobs = new Map([[sha256(archive), archive], [sha256(minisig), minisig]]);
    if (path.startsWith("manifests/")) {
      response.setHeader("docker-content-digest", sha256(manifest));
      response.end(request.method === "HEAD" ? undefined : manifest);
      return;
    }
    const blob = [...blobs].find(([digest]) => path === `blobs/${digest}`)?.[1];
    if (blob === undefined) response.writeHead(404).end();
    else response.end(blob);
  });
}

function send(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}, status = 200): Answer {
  return (_request, response) => void response.writeHead(status, headers).end(body);
}

function endless(_request: IncomingMessage, response: ServerResponse): void {
  const piece = Buffer.alloc(65_536, 65);
  function more(): void {
    while (!response.destroyed && response.write(piece));
    if (!response.destroyed) response.once("drain", more);
  }
  more();
}

function isPackage(path: string): boolean {
  return path === `blobs/${sha256(shelf.archive)}`;
}

function isSignature(path: string): boolean {
  return path === `blobs/${sha256(shelf.minisig)}`;
}

function isByDigest(path: string): boolean {
  return path.startsWith("manifests/sha256:");
}

function isByTag(path: string): boolean {
  return path === "manifests/1.0.0";
}

function manifestWith(edit: (manifest: Record<string, unknown>) => Record<string, unknown>): Uint8Array {
  const value = JSON.parse(new TextDecoder().decode(shelf.manifest)) as Record<string, unknown>;
  return new TextEncoder().encode(JSON.stringify(edit(value)));
}

/** A manifest of another form, honestly served under its own digest. */
function other(edit: (manifest: Record<string, unknown>) => Record<string, unknown>): Lie {
  return (path, request, response) => {
    if (!path.startsWith("manifests/")) return false;
    const bytes = manifestWith(edit);
    response.setHeader("docker-content-digest", sha256(bytes));
    response.end(request.method === "HEAD" ? undefined : bytes);
    return true;
  };
}

function at(where: (path: string) => boolean, answer: () => Answer): Lie {
  return (path, request, response) => {
    if (!where(path)) return false;
    answer()(request, response);
    return true;
  };
}

const LIES: readonly (readonly [code: string, exit: number, name: string, lie: Lie])[] = [
  ["DIGEST", 7, "other bytes of the right size", at(isPackage, () => send(shelf.archive.map((byte) => byte ^ 1)))],
  ["DIGEST", 7, "fewer bytes", at(isPackage, () => send(shelf.archive.slice(0, 100)))],
  ["DIGEST", 7, "more bytes", at(isPackage, () => send(Buffer.concat([shelf.archive, shelf.archive])))],
  ["DIGEST", 7, "an endless package", at(isPackage, () => endless)],
  ["DIGEST", 7, "an endless signature", at(isSignature, () => endless)],
  ["DIGEST", 7, "an endless manifest", (path, request, response) => {
    if (!isByDigest(path) || request.method === "HEAD") return false;
    endless(request, response);
    return true;
  }],
  ["DIGEST", 7, "a manifest that is not what its digest says", at(isByDigest, () => send("{}"))],
  ["DIGEST", 7, "another signature", at(isSignature, () => send(shelf.minisig.toReversed()))],
  ["TAG_MOVED", 7, "a tag that moves while it is read", at(isByDigest, () => send("", {}, 404))],
  ["REDIRECT", 7, "another host", at(isPackage, () => send("", { location: "https://evil.example.com/x" }, 307))],
  ["REDIRECT", 7, "plain http elsewhere", at(isPackage, () => send("", { location: "http://127.0.0.2:1/x" }, 302))],
  [
    "REDIRECT",
    7,
    "a circle",
    at(isPackage, () => (request, response) => {
      response.writeHead(302, { location: request.url ?? "" }).end();
    }),
  ],
  [
    "REDIRECT",
    7,
    "its own place, as somebody else",
    at(isPackage, () => send("", { location: `http://me:secret-word@127.0.0.1:${port}/x` }, 302)),
  ],
  ["REDIRECT", 7, "nowhere, without a word", at(isPackage, () => send("", {}, 302))],
  ["REDIRECT", 7, "nowhere", at(isPackage, () => send("", { location: "http://[" }, 302))],
  [
    "ARTIFACT_LAYOUT",
    7,
    "three layers",
    other((manifest) => ({
      ...manifest,
      layers: [...(manifest["layers"] as unknown[]), (manifest["layers"] as unknown[])[0]],
    })),
  ],
  [
    "ARTIFACT_LAYOUT",
    7,
    "one layer",
    other((manifest) => ({
      ...manifest,
      layers: (manifest["layers"] as unknown[]).slice(0, 1),
    })),
  ],
  ["ARTIFACT_LAYOUT", 7, "a container image", other(({ artifactType: _type, ...manifest }) => manifest)],
  ["ARTIFACT_LAYOUT", 7, "an index", other(() => ({ schemaVersion: 2, manifests: [] }))],
  [
    "SIZE_LIMIT",
    7,
    "a package that says it is huge",
    other((manifest) => ({
      ...manifest,
      layers: (manifest["layers"] as Record<string, unknown>[]).map((layer) => ({ ...layer, size: 9_000_000_000 })),
    })),
  ],
  ["READ_FAILED", 1, "a closed door", at(() => true, () => send("secret words of the server", {}, 403))],
  ["NOT_FOUND", 4, "nothing", at(isByTag, () => send("", {}, 404))],
  [
    "HTTP_FAILED",
    1,
    "a body that ends too early",
    at(isPackage, () => (_request, response) => {
      response.writeHead(200, { "content-length": "3072" });
      response.write("abc");
      setTimeout(() => response.destroy(), 20);
    }),
  ],
];

describe("a registry that lies", () => {
  test.for(LIES)("%s, exit %i: %s", async ([code, exit, , told]) => {
    lie = told;
    const before = filesOf(desk);
    const said = await desk.run("skill", "install", `oci:127.0.0.1:${port}/example-org/pdf-report:1.0.0`, "--json");
    const { error } = said.json() as { error: { code: string; message: string; hint: string | null } };
    expect([error.code, said.exit]).toEqual([code, exit]);
    expect(said.stdout).not.toContain("secret words");
    expect([...filesOf(desk)]).toEqual([...before]);
    expect(await lastRecord(desk)).toContain(code);
  });

  it("may send us to another place of its own", async () => {
    lie = (path, _request, response) => {
      if (isPackage(path)) response.writeHead(307, { location: "/moved/here" }).end();
      else if (path === "/moved/here") response.end(shelf.archive);
      else return false;
      return true;
    };
    expect((await desk.install(`oci:127.0.0.1:${port}/example-org/pdf-report:1.0.0`)).exit).toBe(0);
  });

  it("needs no digest in a header", async () => {
    lie = (path, request, response) => {
      if (!isByTag(path)) return false;
      response.end(request.method === "HEAD" ? undefined : shelf.manifest);
      return true;
    };
    expect((await desk.install(`oci:127.0.0.1:${port}/example-org/pdf-report:1.0.0`)).exit).toBe(0);
  });

  test.for(
    [
      // Each only by its own limit, however slow the machine is.
      ["stands still", null, { silenceMs: 400, totalMs: 60_000 }, "HTTP_FAILED"],
      ["trickles", 20, { silenceMs: 3_000, totalMs: 4_000 }, "LIMIT_TIME"],
    ] as const,
  )(
    "does not hold us up with a body that %s",
    async ([, everyMs, patience, code]) => {
      lie = (path, _request, response) => {
        if (!isPackage(path)) return false;
        response.writeHead(200, { "content-length": "3072" });
        response.write("a");
        const timer = everyMs === null ? null : setInterval(() => response.write("a"), everyMs);
        response.on("close", () => clearInterval(timer ?? undefined));
        return true;
      };
      const context = contextIn(desk.project, desk.home);
      const opened = await openComposedSession(context, {
        front: "skill",
        approver: createNobody(),
        mode: "ask",
        project: "required",
        emit: () => {},
      });
      const net = (await opened.session.acts()).sourceNet({
        http: createHttp({ timers: systemTimers }),
        tool: "skill pull",
        signal: context.signal,
        credential: null,
        patience,
      });
      const reference = parseOciReference(`oci:127.0.0.1:${port}/example-org/pdf-report:1.0.0`);
      await expect(pullSkill(net, reference)).rejects.toMatchObject({ code });
      await opened.close();
    },
  );
});
