import { readFileSync } from "node:fs";

/** One package of `package-lock.json` that a user of agentzero gets. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as the package states it. */
  readonly license: string;
  /** `sha512-…` in base64. */
  readonly integrity: string | null;
  /** `true` for what is installed on some platforms only. */
  readonly optional: boolean;
}

interface LockEntry {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Entries = Readonly<Record<string, LockEntry>>;

/**
 * Follows the dependencies of the package itself through its lock: what `npm install agentzero` brings, on any platform.
 * The runtimes of the tool chain are a workspace of the repository and not among them.
 *
 * @param lock Path of the lock.
 * @returns Every package once, sorted by name and version.
 */
export function lockedPackages(
  lock: URL = new URL("../../package-lock.json", import.meta.url),
): readonly LockedPackage[] {
  const { packages } = JSON.parse(readFileSync(lock, "utf8")) as { readonly packages: Entries };
  const found = new Map<string, LockEntry>();
  const waiting = namesOf(packages[""]).map((name) => placeOf(packages, "", name));
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (place === null || found.has(place)) continue;
    const entry = packages[place];
    if (entry === undefined) continue;
    found.set(place, entry);
    for (const name of namesOf(entry)) waiting.push(placeOf(packages, place, name));
  }
  const all = [...found].map(([place, entry]) => ({
    name: entry.name ?? place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length),
    version: entry.version ?? "",
    license: entry.license ?? "",
    integrity: entry.integrity ?? null,
    optional: entry.optional === true,
  }));
  const once = new Map(all.map((each) => [`${each.name}@${each.version}`, each]));
  return [...once].toSorted(([a], [b]) => a < b ? -1 : 1).map(([, each]) => each);
}

function namesOf(entry: LockEntry | undefined): readonly string[] {
  return Object.keys({ ...entry?.dependencies, ...entry?.optionalDependencies });
}

/** Where a package finds another: in its own folder, else in one above. */
function placeOf(packages: Entries, from: string, name: string): string | null {
  for (let folder = from; folder !== ""; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const place = `${folder}/node_modules/${name}`;
    if (packages[place] !== undefined) return place;
  }
  return packages[`node_modules/${name}`] === undefined ? null : `node_modules/${name}`;
}
