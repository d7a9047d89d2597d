import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

// A front door (`mod.js`) loads its whole folder, and a start pays for every module. In `dist`, where nobody reads the
// imports, each one is led to the file that the name comes from; the front doors stay for those who import the package.

/** Where an exported name comes from; `*` is the module itself. */
interface Origin {
  readonly file: string;
  readonly name: string;
}

const NAMED = /^import \{([^}]*)\} from "((?:\.\.?\/)(?:[\w-]+\/|\.\.\/)*mod\.js)";$/gm;
const DECLARED = /^export (?:default )?(?:async )?(?:function\*?|class|const|let|var) ([\w$]+)/gm;
const LISTED = /^export \{([^}]*)\}(?: from "([^"]+)")?;$/gm;
const ALL = /^export \*(?: as ([\w$]+))? from "([^"]+)";$/gm;

/**
 * Leads the imports of front doors in a compiled tree to the files that the names come from.
 *
 * @param root Folder of the compiled modules.
 * @returns How many imports were changed.
 * @throws {Error} For a name that a front door does not export: the compiler would have found it.
 */
export function useDirectImports(root: string): number {
  const known = new Map<string, ReadonlyMap<string, Origin>>();
  let changed = 0;
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !entry.name.endsWith(".js") || entry.name === "mod.js") continue;
    const text = readFileSync(file, "utf8");
    const direct = text.replaceAll(NAMED, (_, names: string, door: string) => {
      changed++;
      return directImports(file, specifiers(names), exportsOf(resolve(dirname(file), door), known));
    });
    if (direct !== text) writeFileSync(file, direct);
  }
  return changed;
}

interface Specifier {
  readonly name: string;
  readonly as: string;
}

function specifiers(list: string): readonly Specifier[] {
  return list.split(",").map((part) => part.trim()).filter((part) => part !== "").map((part) => {
    const [name = "", as = name] = part.split(" as ");
    return { name, as };
  });
}

function directImports(file: string, names: readonly Specifier[], door: ReadonlyMap<string, Origin>): string {
  const lines = new Map<string, string[]>();
  for (const { name, as } of names) {
    const origin = door.get(name);
    if (origin === undefined) throw new Error(`Cannot find where "${name}" in ${file} comes from`);
    const path = relative(dirname(file), origin.file).replaceAll("\\", "/");
    const from = path.startsWith(".") ? path : `./${path}`;
    if (origin.name === "*") lines.set(`import * as ${as} from "${from}";`, []);
    else lines.set(from, [...(lines.get(from) ?? []), origin.name === as ? as : `${origin.name} as ${as}`]);
  }
  // One line for one line: what stands below keeps its place.
  return [...lines].map(([from, parts]) => parts.length === 0 ? from : `import { ${parts.join(", ")} } from "${from}";`)
    .join(" ");
}

function exportsOf(
  file: string,
  known: Map<string, ReadonlyMap<string, Origin>>,
): ReadonlyMap<string, Origin> {
  const seen = known.get(file);
  if (seen !== undefined) return seen;
  const found = new Map<string, Origin>();
  known.set(file, found);
  const text = readFileSync(file, "utf8");
  for (const [, name = ""] of text.matchAll(DECLARED)) found.set(name, { file, name });
  for (const [, names = "", from] of text.matchAll(LISTED)) {
    const inner = from === undefined ? null : exportsOf(resolve(dirname(file), from), known);
    for (const { name, as } of specifiers(names)) found.set(as, inner?.get(name) ?? { file, name });
  }
  for (const [, as, from = ""] of text.matchAll(ALL)) {
    const other = resolve(dirname(file), from);
    if (as !== undefined) found.set(as, { file: other, name: "*" });
    else for (const [name, origin] of exportsOf(other, known)) if (!found.has(name)) found.set(name, origin);
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  useDirectImports(fileURLToPath(new URL("../../dist", import.meta.url)));
}
