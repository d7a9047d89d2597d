import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { join, relative } from "node:path";

/** What stands on disk before or after a trace: a stamp by path. */
export type Snapshot = ReadonlyMap<string, string>;

// The record, the conversations and what commands leave behind for a moment; each has tests of its own.
const OWN = /^\.agentzero\/(?:audit|sessions|state)(?:\/|$)/u;

/** Looks at files and links below a folder; folders by themselves do not count. */
export function snapshot(root: string): Snapshot {
  const found = new Map<string, string>();
  const stack = [root];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const name = relative(root, path);
      if (OWN.test(name)) continue;
      if (entry.isDirectory()) stack.push(path);
      else if (entry.isSymbolicLink()) found.set(name, `link ${readlinkSync(path)}`);
      else if (!entry.isFile()) found.set(name, "special");
      else found.set(name, stampOf(path));
    }
  }
  return found;
}

// A file that was written has another time, or is another file.
function stampOf(path: string): string {
  const { mode, ino, size, mtimeNs, nlink } = lstatSync(path, { bigint: true });
  return [mode, ino, size, mtimeNs, nlink].join(" ");
}

/** Names of what differs. */
export function changed(before: Snapshot, after: Snapshot): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}
