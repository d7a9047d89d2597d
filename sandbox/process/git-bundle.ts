const FILES: ReadonlySet<string> = new Set([
  "index",
  "HEAD",
  "ORIG_HEAD",
  "FETCH_HEAD",
  "packed-refs",
  "COMMIT_EDITMSG",
]);
const FOLDERS: ReadonlySet<string> = new Set(["objects", "refs", "logs"]);
// These are below `objects`, but say where objects are fetched from.
const REDIRECTS: ReadonlySet<string> = new Set(["objects/info/alternates", "objects/info/http-alternates"]);

/** A path inside the data of a git repository. */
export interface GitData {
  /** Path of the `.git` folder, relative to the project. */
  readonly gitDir: string;
  /** Path below it. */
  readonly rest: string;
}

/**
 * Tells whether a path belongs to what git itself only reads as data: objects, refs, logs, the index. All of it makes
 * one change, since its parts mean nothing alone. Hooks, configuration, `commondir`, `modules` and everything that is
 * not known stand for themselves.
 *
 * @param relative Path relative to the project, with `/`.
 * @returns The repository and the path in it, or `null`.
 */
export function gitData(relative: string): GitData | null {
  const parts = relative.split("/");
  const at = parts.indexOf(".git");
  if (at < 0 || at === parts.length - 1) return null;
  const gitDir = parts.slice(0, at + 1).join("/");
  const rest = parts.slice(at + 1).join("/");
  const [first = ""] = parts.slice(at + 1);
  if (REDIRECTS.has(rest)) return null;
  if (FOLDERS.has(first)) return { gitDir, rest };
  return !rest.includes("/") && (FILES.has(rest) || rest.startsWith("MERGE_")) ? { gitDir, rest } : null;
}

/**
 * Ranks git data by the order in which it may reach a repository: what is pointed to before what points to it.
 *
 * @param rest Path below `.git`.
 * @returns 0 for objects, then refs, logs and the rest, 9 for the index.
 */
export function gitOrder(rest: string): number {
  if (rest.startsWith("objects/")) return 0;
  if (rest === "packed-refs") return 1;
  if (rest.startsWith("refs/")) return 2;
  if (rest.startsWith("logs/")) return 3;
  return rest === "index" ? 9 : 4;
}
