import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

// The architecture as data. A line that has to be loosened here is a decision (docs/adr).
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  policy: ["core"],
  audit: ["core"],
  sandbox: ["core"],
  skills: ["core", "policy"],
  session: ["core", "policy", "audit", "sandbox", "skills"],
  cli: ["core", "policy", "audit", "sandbox", "skills", "session"],
};
/** Modules that may be imported in the named places only; a place is a folder or a file. */
const PLACES: readonly (readonly [module: RegExp, places: readonly string[]])[] = [
  // `tool-chain` starts this very program again on a newer Node; `run-user-command` runs argv of the user's own config.
  [/^node:child_process$/, ["sandbox/", "cli/system/run-user-command.ts", "cli/system/tool-chain.ts"]],
  [/^node:(worker_threads|cluster)$/, ["sandbox/"]],
  // The sandbox's canary listens on loopback, to see that nothing inside reaches it.
  [
    /^node:(net|tls|http|https|http2|dgram|dns)(\/|$)/,
    ["session/http/", "session/http.ts", "sandbox/egress/", "sandbox/process/canary.ts"],
  ],
  // Asked only whether somebody could look into the memory: then the vault stays locked.
  [/^node:inspector$/, ["core/vault/inspector.ts"]],
  [/^node:(vm|inspector|repl|wasi)(\/|$)/, []],
  [/^libsodium/, ["core/crypto/"]],
  [/^@secretlint\//, ["core/"]],
  [/^unbash$/, ["policy/actions/"]],
  [/^ignore$/, ["session/"]],
  [/^@bytecodealliance\/|^componentize-qjs/, ["sandbox/wasm/"]],
  [/^@ai-sdk\//, ["session/providers/"]],
  [/^@agentclientprotocol\//, ["cli/acp/"]],
  [/^commander$/, ["cli/"]],
  [/^(diff|marked)$/, ["cli/term/"]],
];
const PACKAGES = /^(node:|zod$|yaml$)/;
const IMPORT = /(?:^|[\s;}])(?:import|export)\b(?:[^"'`;]*?\bfrom(?=\s))?\s*\(?\s*["']([\w@:./-]{1,120})["']/g;
const COMPUTED_IMPORT = /\bimport\s*\(\s*(?!["'])[^)]/;

const root = fileURLToPath(new URL("..", import.meta.url));
const files = Object.keys(FOLDERS).flatMap((folder) => sources(folder));

/** A folder that has no file yet is not there in a fresh clone. */
function sources(folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.[jt]s$/.test(entry.name) && !entry.name.endsWith(".d.ts"))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll("\\", "/"));
}

/** Code without comments; good enough for imports, which hold no comment signs. */
function code(file: string): string {
  return readFileSync(join(root, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

function faults(file: string): readonly string[] {
  const [folder = ""] = file.split("/");
  const text = code(file);
  const found = COMPUTED_IMPORT.test(text) && !file.startsWith("sandbox/wasm/")
    ? [`${file}: import of a computed name`]
    : [];
  for (const [, name = ""] of text.matchAll(IMPORT)) {
    const fault = name.startsWith(".") ? relativeFault(file, name) : packageFault(file, name);
    if (fault !== null) found.push(`${file}: "${name}" ${fault}`);
  }
  return folder in FOLDERS ? found : [`${file}: unknown folder`];
}

function relativeFault(file: string, name: string): string | null {
  const [folder = ""] = file.split("/");
  const target = posix.normalize(posix.join(dirname(file), name));
  const [other = "", ...rest] = target.split("/");
  if (other === folder) return target === `${folder}/mod.ts` ? "is the folder's own front door" : null;
  if (!(FOLDERS[folder] ?? []).includes(other)) return `is outside what ${folder} may import`;
  return rest.join("/") === "mod.ts" ? null : "does not go through mod.ts";
}

function packageFault(file: string, name: string): string | null {
  const places = PLACES.find(([module]) => module.test(name))?.[1];
  if (places === undefined) return PACKAGES.test(name) ? null : "is not on the list of packages";
  return places.some((place) => file.startsWith(place)) ? null : `belongs in ${places.join(" ") || "no place"}`;
}

describe("architecture", () => {
  it("keeps folders and modules in their places", () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap(faults)).toEqual([]);
  });
  it("notices what is out of place", () => {
    expect(relativeFault("core/a.ts", "../policy/mod.ts")).toContain("outside");
    expect(relativeFault("session/a.ts", "../policy/decide.ts")).toContain("mod.ts");
    expect(relativeFault("core/a.ts", "./mod.ts")).toContain("own front door");
    expect(packageFault("session/tools/a.ts", "node:child_process")).toContain("belongs");
    expect(packageFault("policy/a.ts", "left-pad")).toContain("not on the list");
    expect(
      [...'export * from "x";\nimport {\n  a,\n} from "y";\nawait import("z");'.matchAll(IMPORT)].map(([, name]) =>
        name
      ),
    )
      .toEqual(["x", "y", "z"]);
  });
});
