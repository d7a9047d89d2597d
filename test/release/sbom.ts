// Writes the bill of materials of the package on stdout, CycloneDX 1.6 as JSON, from package-lock.json alone:
// `npm run -s sbom > sbom.json`. The same lock gives the same bytes.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type LockedPackage, lockedPackages } from "./lock-packages.ts";

/**
 * Makes the bill of materials.
 *
 * @returns A CycloneDX 1.6 document.
 */
export function billOfMaterials(): Readonly<Record<string, unknown>> {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const { name, version, license, description } = manifest as Readonly<Record<string, string>>;
  const packages = lockedPackages();
  const root = purlOf({ name: name ?? "", version: version ?? "" });
  const content = createHash("sha256").update(JSON.stringify([root, packages])).digest("hex");
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(content)}`,
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": root,
        name,
        version,
        description,
        purl: root,
        licenses: [{ license: { id: license } }],
      },
    },
    components: packages.map(componentOf),
    dependencies: [{ ref: root, dependsOn: packages.map(purlOf) }],
  };
}

function componentOf(each: LockedPackage): Readonly<Record<string, unknown>> {
  const digest = each.integrity?.startsWith("sha512-") === true
    ? Buffer.from(each.integrity.slice("sha512-".length), "base64").toString("hex")
    : null;
  return {
    type: "library",
    "bom-ref": purlOf(each),
    ...(each.name.startsWith("@") ? { group: each.name.split("/")[0] } : {}),
    name: each.name.startsWith("@") ? each.name.split("/")[1] : each.name,
    version: each.version,
    scope: each.optional ? "optional" : "required",
    ...(digest === null ? {} : { hashes: [{ alg: "SHA-512", content: digest }] }),
    licenses: [{ expression: each.license.replace(/^\((.*)\)$/, "$1") }],
    purl: purlOf(each),
  };
}

function purlOf({ name, version }: Pick<LockedPackage, "name" | "version">): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** A UUID of version 8 (RFC 9562) made of a digest: no clock and no chance in it. */
function uuidOf(hex: string): string {
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4] ?? "8";
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ]
    .join("-");
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(billOfMaterials(), null, 2)}\n`);
