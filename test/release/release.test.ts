import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { BUILTIN_PINS } from "../../skills/mod.ts";
import { isAllowed } from "./licenses.ts";
import { lockedPackages } from "./lock-packages.ts";
import { type Packed, packPackage, ROOT } from "./packed-files.ts";
import { billOfMaterials } from "./sbom.ts";

/** What `files` of `package.json` names, and what npm always adds. */
const PLACES =
  /^(?:dist\/(?:core|policy|audit|sandbox|skills|session|cli)\/|wit\/|(?:CHANGELOG|README)\.md$|LICENSE$|package\.json$)/;

describe("the package", () => {
  const packed: { made?: Packed } = {};
  function made(): Packed {
    return packed.made ??= packPackage(null);
  }
  function paths(): readonly string[] {
    return made().files.map(({ path }) => path);
  }

  it("holds what it needs and nothing else", () => {
    expect(paths().filter((path) => !PLACES.test(path))).toEqual([]);
    // No source, no test, no map, no state of a developer's machine.
    expect(paths().filter((path) => /(?<!\.d)\.ts$|\.map$|(^|\/)(test|bench|node_modules|\.[a-z]+)\//.test(path)))
      .toEqual([]);
    for (
      const path of ["LICENSE", "README.md", "package.json", "dist/cli/bin.js", "dist/sandbox/wasm/engine/engine.wasm"]
    ) {
      expect(paths()).toContain(path);
    }
    for (const file of readdirSync(join(ROOT, "wit"))) expect(paths()).toContain(`wit/${file}`);
    for (const name of readdirSync(join(ROOT, "skills/builtin")).filter((file) => file.endsWith(".azs"))) {
      expect(paths()).toContain(`dist/skills/builtin/${name}`);
    }
    expect(Object.keys(BUILTIN_PINS).length).toBeGreaterThan(0);
    expect(made().size).toBeLessThan(6_000_000);
  });

  it("holds every module of the folders, and what package.json points to", () => {
    const manifest: unknown = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const { exports, bin } = manifest as {
      exports: Record<string, string | Record<string, string>>;
      bin: Record<string, string>;
    };
    const named = [
      ...Object.values(bin),
      ...Object.values(exports).flatMap((each) => typeof each === "string" ? [each] : Object.values(each)),
    ];
    for (const path of named) expect(paths()).toContain(path.replace(/^\.\//, ""));
    const missing = ["core", "policy", "audit", "sandbox", "skills", "session", "cli"].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts") && !file.startsWith("wasm/engine/"))
        .map((file) => `dist/${folder}/${file.replace(/\.ts$/, ".js")}`)
    ).filter((path) => !paths().includes(path));
    expect(missing).toEqual([]);
  });

  it("holds no secret", () => {
    const found = paths().filter((path) => /\.(js|ts|md|json|wit)$/.test(path)).flatMap((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      return /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{100}|"sk":"[A-Za-z0-9+/]{40}/.test(text) ? [path] : [];
    });
    expect(found).toEqual([]);
    expect(paths().filter((path) => /\.(key|pem|env|npmrc)$/.test(path))).toEqual([]);
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
    expect(existsSync(join(ROOT, "package-lock.json"))).toBe(true);
  });
});
