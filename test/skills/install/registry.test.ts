import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Desk, makeDesk } from "./desk.ts";
import { release, writePackage } from "./publisher.ts";
import { HAS_REGISTRY, HAS_SKOPEO, startRegistry } from "./registry.ts";
import { runHere } from "../../support/command-line.ts";
import { startTokenServer } from "./token-server.ts";
import { filesOf, lastRecord } from "./traces.ts";

const CI = process.env["CI"] === "true";
if (!HAS_REGISTRY && !CI) process.stderr.write("skipped: docker-registry is not installed\n");
const BOTH = HAS_REGISTRY && HAS_SKOPEO;

async function shop(): Promise<{ desk: Desk; ref: (tag: string) => string; data: string; host: string }> {
  const desk = await makeDesk();
  await desk.trust();
  const { port, data } = await startRegistry(desk.root);
  await desk.allow(
    `{ id: registry, effect: allow, capability: network_request, cidr: ["127.0.0.1/32"], ports: [${port}] }`,
  );
  const host = `127.0.0.1:${port}`;
  return { desk, data, host, ref: (tag) => `oci:${host}/example-org/pdf-report:${tag}` };
}

async function push(desk: Desk, archive: Uint8Array, ref: string): Promise<string> {
  const said = await desk.run(
    "skill",
    "push",
    writePackage(desk.root, archive, desk.signer.sign(archive)),
    ref,
    "--json",
  );
  if (said.exit !== 0) throw new Error(said.stdout);
  return String(said.json()["source"]);
}

describe.skipIf(!HAS_REGISTRY && !CI)("skills in a real registry", () => {
  it("are pushed, pulled and installed; the lock names the digest that the tag stood for", async () => {
    const { desk, ref } = await shop();
    const archive = release("1.0.0");
    const source = await push(desk, archive, ref("1.0.0"));
    expect(source).toMatch(/^oci:127\.0\.0\.1:\d+\/example-org\/pdf-report:1\.0\.0@sha256:[0-9a-f]{64}$/);
    const out = join(desk.root, "out");
    const pulled = await desk.run("skill", "pull", ref("1.0.0"), "-o", out, "--json");
    expect(pulled.json()).toMatchObject({ v: 1, source, id: "example-org/pdf-report", version: "1.0.0" });
    expect(readFileSync(join(out, "pdf-report-1.0.0.azs"))).toEqual(Buffer.from(archive));
    expect(existsSync(join(out, "pdf-report-1.0.0.azs.minisig"))).toBe(true);
    // What to do next works as it stands there.
    const { stderr } = await desk.run("skill", "pull", ref("1.0.0"), "-o", out);
    const next = /agentzero (skill verify \S+)/.exec(stderr)?.[1] ?? "";
    expect((await desk.run(...next.split(" "))).exit).toBe(0);
    const installed = await desk.install(ref("1.0.0"));
    expect(installed.json()).toMatchObject({ skills: [{ name: "pdf-report", state: "ready", source }] });
    // Each request was decided and is on record with its address.
    const record = await lastRecord(desk);
    expect(record).toContain("HEAD http://127.0.0.1");
    expect(record).toContain("skill.change");
    // By its digest alone it is the same.
    const again = await desk.install(ref("1.0.0").replace(/:1\.0\.0$/, source.slice(source.indexOf("@"))));
    expect(again.exit).toBe(0);
  });

  it("a tag with other bytes of the same version is refused, a newer version is an upgrade", async () => {
    const { desk, ref } = await shop();
    await push(desk, release("1.0.0"), ref("stable"));
    expect((await desk.install(ref("stable"))).exit).toBe(0);
    await push(desk, release("1.0.0", { files: { "a.md": "other" } }), ref("stable"));
    const before = filesOf(desk);
    const moved = await desk.run("skill", "install", ref("stable"), "--json");
    expect([moved.json(), moved.exit]).toMatchObject([{ error: { code: "TAG_MOVED" } }, 7]);
    const after = filesOf(desk);
    for (const path of ["project/.agentzero/skills.lock", "home/grants/packages.json"]) {
      expect(after.get(path)).toBe(before.get(path));
    }
    await push(desk, release("1.1.0"), ref("stable"));
    expect((await desk.run("skill", "install", ref("stable"), "--json")).json()).toMatchObject({
      skills: [{ version: "1.1.0", state: "ready" }],
    });
  });

  it("a damaged blob that it serves as good is found", async () => {
    const { desk, ref, data } = await shop();
    await push(desk, release("1.0.0"), ref("1.0.0"));
    const blobs = join(data, "docker/registry/v2/blobs/sha256");
    for (const two of readdirSync(blobs)) {
      for (const digest of readdirSync(join(blobs, two))) {
        const path = join(blobs, two, digest, "data");
        const bytes = readFileSync(path);
        if (bytes.length < 2000) continue;
        bytes[700] = (bytes[700] ?? 0) ^ 1;
        writeFileSync(path, bytes);
      }
    }
    const before = filesOf(desk);
    const said = await desk.run("skill", "install", ref("1.0.0"), "--json");
    expect([said.json(), said.exit]).toMatchObject([{ error: { code: "DIGEST" } }, 7]);
    expect([...filesOf(desk)]).toEqual([...before]);
    expect(await lastRecord(desk)).toContain("DIGEST");
  });

  it("a container image and a missing tag are refused", async () => {
    const { desk, ref } = await shop();
    const said = await desk.run("skill", "pull", ref("9.9.9"), "--json");
    expect([said.json(), said.exit]).toMatchObject([{ error: { code: "NOT_FOUND" } }, 4]);
  });

  it("are pushed to and pulled from one that wants a token, with a password by its handle", async () => {
    const desk = await makeDesk();
    await desk.trust();
    const guard = await startTokenServer(desk.root);
    const { port } = await startRegistry(desk.root, guard.config);
    await desk.allow(
      `{ id: registry, effect: allow, capability: network_request, cidr: ["127.0.0.1/32"], ports: [${port}, ${guard.port}] }`,
      `{ id: password, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/registry/me"], inject: ["basic:me"], cidr: ["127.0.0.1/32"] }`,
    );
    for (const [verb, at] of [["set", port], ["bind", guard.port]] as const) {
      const words = ["vault", verb, "registry/me", "--host", `127.0.0.1:${at}`, "--slot", "basic:me"];
      // oxlint-disable-next-line no-await-in-loop -- one vault
      expect((await runHere(words, { ...desk, input: guard.password })).exit).toBe(0);
    }
    const ref = `oci:127.0.0.1:${port}/example-org/pdf-report:1.0.0`;
    const archive = release("1.0.0");
    const file = writePackage(desk.root, archive, desk.signer.sign(archive));
    const credential = ["--credential", "registry/me", "--as", "basic:me"];
    // Who does not say who they are may pull, and not push.
    const closed = await desk.run("skill", "push", file, ref, "--json");
    expect([closed.json(), closed.exit]).toMatchObject([{ error: { code: "READ_FAILED" } }, 1]);
    const pushed = await desk.run("skill", "push", file, ref, "--json", ...credential);
    expect([pushed.exit, pushed.stdout]).toEqual([0, expect.stringContaining("sha256:")]);
    expect((await desk.install(ref)).json()).toMatchObject({ skills: [{ name: "pdf-report", state: "ready" }] });
    expect(guard.scopes).toContain("repository:example-org/pdf-report:pull,push");
    expect(guard.scopes).toContain("repository:example-org/pdf-report:pull");
    const said = await lastRecord(desk);
    for (const value of [guard.password, ...guard.tokens]) expect(said).not.toContain(value);
  });

  it.skipIf(!BOTH && !CI)("are read by skopeo", async () => {
    const { desk, ref, host } = await shop();
    const source = await push(desk, release("1.0.0"), ref("1.0.0"));
    const image = `docker://${host}/example-org/pdf-report:1.0.0`;
    const raw = spawnSync("skopeo", ["inspect", "--raw", "--tls-verify=false", image], { encoding: "utf8" });
    expect(JSON.parse(raw.stdout)).toMatchObject({ artifactType: "application/vnd.agentzero.skill.v1" });
    const layout = join(desk.root, "layout");
    const copied = spawnSync("skopeo", ["copy", "--src-tls-verify=false", image, `oci:${layout}:x`], {
      encoding: "utf8",
    });
    expect(`${copied.status} ${copied.stderr}`).toBe("0 ");
    const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as { manifests: { digest: string }[] };
    expect(index.manifests[0]?.digest).toBe(source.split("@")[1]);
  });
});
