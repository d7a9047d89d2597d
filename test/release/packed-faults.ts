import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./packed-files.ts";

/** What `files` of `package.json` names, and what npm always adds. */
const PLACES =
  /^(?:dist\/(?:core|policy|audit|sandbox|skills|session|cli)\/|wit\/|(?:CHANGELOG|README)\.md$|LICENSE$|package\.json$)/;
/** Source, maps, and the state of a developer's machine. */
const STRAY = /(?<!\.d)\.ts$|\.map$|(^|\/)(test|bench|node_modules|\.[a-z]+)\//;
const PRIVATE = /\.(key|pem|env|npmrc)$/;
const SECRET = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{100}|"sk":"[A-Za-z0-9+/]{40}/;
const FOLDERS = ["core", "policy", "audit", "sandbox", "skills", "session", "cli"];
/** Bytes of the archive. */
const MAX_BYTES = 6_000_000;

/**
 * Checks what would be published: everything that is needed, nothing else, no secret.
 *
 * @param packed Paths in the package, and the size of the archive in bytes.
 * @returns A sentence for each fault; empty when there is none.
 */
export function packedFaults(packed: { readonly paths: readonly string[]; readonly size: number }): readonly string[] {
  const { paths, size } = packed;
  const held = new Set(paths);
  return [
    ...paths.filter((path) => !PLACES.test(path)).map((path) => `${path} has no place in the package`),
    ...paths.filter((path) => STRAY.test(path)).map((path) => `${path} is of a developer's machine`),
    ...paths.filter((path) => PRIVATE.test(path) || holdsSecret(path)).map((path) => `${path} looks like a secret`),
    ...needed().filter((path) => !held.has(path)).map((path) => `${path} is missing`),
    ...(size < MAX_BYTES ? [] : [`the archive has ${size} bytes, more than ${MAX_BYTES}`]),
  ];
}

function holdsSecret(path: string): boolean {
  return /\.(js|ts|md|json|wit)$/.test(path) && SECRET.test(readFileSync(join(ROOT, path), "utf8"));
}

/** Every module of the folders, what `package.json` points to, and what is read at run time. */
function needed(): readonly string[] {
  return [
    "LICENSE",
    "README.md",
    "package.json",
    "dist/sandbox/wasm/engine/engine.wasm",
    ...entries(),
    ...readdirSync(join(ROOT, "wit")).map((file) => `wit/${file}`),
    ...readdirSync(join(ROOT, "skills/builtin")).filter((file) => file.endsWith(".azs"))
      .map((file) => `dist/skills/builtin/${file}`),
    ...FOLDERS.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts") && !file.startsWith("wasm/engine/"))
        .map((file) => `dist/${folder}/${file.replace(/\.ts$/, ".js")}`)
    ),
  ];
}

function entries(): readonly string[] {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const { exports, bin } = manifest as {
    readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
    readonly bin: Readonly<Record<string, string>>;
  };
  return [
    ...Object.values(bin),
    ...Object.values(exports).flatMap((each) => typeof each === "string" ? [each] : Object.values(each)),
  ].map((path) => path.replace(/^\.\//, ""));
}
