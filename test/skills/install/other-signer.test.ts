import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ComponentFacts } from "../../../skills/component-imports.ts";
import { newImports } from "../../../skills/install/wider-origin.ts";
import type { PackageFile } from "../../../skills/stages.ts";
import { keyDigest } from "../../../skills/trust/publishers.ts";
import type { Said } from "../../support/command-line.ts";
import { type Desk, makeDesk } from "./desk.ts";
import { makeSigner, release, type Signer, writePackageAs } from "./publisher.ts";

async function pin(desk: Desk, signer: Signer, namespace: string): Promise<void> {
  const { text } = signer.key.public;
  const said = await desk.run("trust", "add", text, "--as", namespace, "--confirm", keyDigest(text));
  if (said.exit !== 0) throw new Error(said.stdout);
}

function put(desk: Desk, archive: Uint8Array, signer = desk.signer): string {
  return writePackageAs(join(desk.root, "x.azs"), archive, signer.sign(archive));
}

function codeOf(said: Said): unknown {
  return [(said.json() as { error?: { code: string } }).error?.code, said.exit];
}

describe("an upgrade from elsewhere", () => {
  it("asks when another key of the namespace signed it, whatever is in it", async () => {
    const desk = await makeDesk();
    const second = makeSigner(2);
    await desk.trust();
    await pin(desk, second, "example-org");
    expect((await desk.install(put(desk, release("1.0.0")))).exit).toBe(0);
    const file = put(desk, release("1.0.1"), second);
    const asked = await desk.run("skill", "install", file, "--json");
    expect(codeOf(asked)).toEqual(["PERM_WIDENED", 5]);
    expect(asked.stdout).toContain("signed by key 0202020202020202 instead of key 0101010101010101");
    expect((await desk.install(file)).exit).toBe(0);
    // From now on that is its key, and going back is a change as well.
    expect((await desk.run("skill", "install", file, "--json")).exit).toBe(0);
    expect(codeOf(await desk.run("skill", "install", put(desk, release("1.0.2")), "--json"))).toEqual([
      "PERM_WIDENED",
      5,
    ]);
  });
});

it("installs signed skills of the namespace local, which a built tool has by default", async () => {
  const desk = await makeDesk();
  await pin(desk, desk.signer, "local");
  const file = put(desk, release("1.0.0", { keys: { "az.id": "local/pdf-report" } }));
  expect((await desk.install(file)).exit).toBe(0);
  expect((await desk.run("skill", "info", "pdf-report", "--json")).json()).toMatchObject({
    skills: [{ id: "local/pdf-report", profile: "secure", state: "ready" }],
  });
});

const IMPORTS: ReadonlyMap<number, readonly string[]> = new Map([
  [1, ["az:host/logging@0.3.0"]],
  [2, ["az:host/logging@0.3.0", "az:host/http@0.3.0"]],
]);

function inspect(bytes: Uint8Array): ComponentFacts {
  return { imports: IMPORTS.get(bytes[4] ?? 0) ?? [], exports: ["run"] };
}

function files(kind: number): readonly PackageFile[] {
  return [{ path: "a.wasm", bytes: Uint8Array.of(0, 0x61, 0x73, 0x6d, kind), exec: false }];
}

describe("newImports()", () => {
  it("names what a component imports and the one before did not", async () => {
    expect(await newImports(files(1), files(2), inspect)).toEqual(["component imports az:host/http@0.3.0"]);
  });

  it("has nothing to say of fewer imports, of the same component, or of none", async () => {
    expect(await newImports(files(2), files(1), inspect)).toEqual([]);
    expect(await newImports(files(2), files(2), inspect)).toEqual([]);
    expect(await newImports([], files(2), inspect)).toEqual([]);
  });
});
