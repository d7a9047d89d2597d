import { lstatSync, readdirSync, readFileSync, type Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { inflateSync } from "node:zlib";
import { CliError } from "../../errors.ts";
import { GitPack, type RawObject } from "./git-pack.ts";
import { MAX_OBJECT_BYTES } from "./pack-format.ts";

/** A git object to look into, or one that is left out. */
export type GitObject =
  | { readonly kind: "object"; readonly id: string; readonly bytes: Uint8Array }
  | { readonly kind: "skipped"; readonly reason: string };

/**
 * Reads every blob, commit and tag of the repository at or above a path, reachable or not, from its object files.
 *
 * Threat: git itself runs programs that a repository's own config names. Nothing is started here and no config is read.
 *
 * @param path A file or folder.
 * @param names Filled on the way: ids to the last name that a tree gave them; complete at the end.
 * @returns The objects, each once.
 * @throws {CliError} `NOT_FOUND` without a repository.
 */
export function* gitObjects(path: string, names: Map<string, string>): Generator<GitObject> {
  const folder = objectsFolder(path);
  const seen = new Set<string>();
  for (const object of rawObjects(folder, [...packsOf(folder)])) {
    if (object.kind === "skipped") yield object;
    else if (!seen.has(object.id)) {
      seen.add(object.id);
      if (object.type === "tree") readTree(object, names);
      else yield { kind: "object", id: object.id, bytes: object.bytes };
    }
  }
}

type AnyObject = ({ readonly kind: "raw" } & RawObject) | { readonly kind: "skipped"; readonly reason: string };

function* rawObjects(folder: string, packs: readonly (GitPack | string)[]): Generator<AnyObject> {
  for (const pack of packs) {
    if (typeof pack === "string") {
      yield { kind: "skipped", reason: `${pack}: it is no pack that can be read` };
      continue;
    }
    for (const id of pack.ids()) {
      const object = pack.read(id, (base) => looseObject(folder, base) ?? otherPack(packs, pack, base));
      yield object === null
        ? {
          kind: "skipped",
          reason: `git object ${id.slice(0, 12)}: it is damaged or larger than ${MAX_OBJECT_BYTES} bytes`,
        }
        : { kind: "raw", ...object };
    }
  }
  for (const id of looseIds(folder)) {
    const object = looseObject(folder, id);
    yield object === null
      ? {
        kind: "skipped",
        reason: `git object ${id.slice(0, 12)}: it is damaged or larger than ${MAX_OBJECT_BYTES} bytes`,
      }
      : { kind: "raw", ...object };
  }
}

function otherPack(packs: readonly (GitPack | string)[], own: GitPack, id: string): RawObject | null {
  for (const pack of packs) {
    if (typeof pack !== "string" && pack !== own && pack.has(id)) return pack.read(id, () => null);
  }
  return null;
}

function* packsOf(folder: string): Generator<GitPack | string> {
  for (const name of listed(join(folder, "pack"))) {
    if (!name.endsWith(".idx")) continue;
    const base = join(folder, "pack", name.slice(0, -4));
    yield GitPack.open(base) ?? `${base}.pack`;
  }
}

function* looseIds(folder: string): Generator<string> {
  for (const start of listed(folder)) {
    if (!/^[0-9a-f]{2}$/.test(start)) continue;
    for (const rest of listed(join(folder, start))) {
      if (/^(?:[0-9a-f]{38}|[0-9a-f]{62})$/.test(rest)) yield start + rest;
    }
  }
}

function looseObject(folder: string, id: string): RawObject | null {
  try {
    const data = inflateSync(readFileSync(join(folder, id.slice(0, 2), id.slice(2))), {
      maxOutputLength: MAX_OBJECT_BYTES + 64,
    });
    const end = data.indexOf(0);
    const type = /^(blob|tree|commit|tag) [0-9]+$/.exec(data.toString("latin1", 0, Math.max(0, Math.min(end, 32))))
      ?.[1];
    return type === undefined ? null : { id, type, bytes: data.subarray(end + 1) };
  } catch {
    return null;
  }
}

// `<mode> <name>\0<id>`, one after the other.
function readTree(tree: RawObject, names: Map<string, string>): void {
  const { bytes } = tree;
  const idBytes = tree.id.length / 2;
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    if (space < 0 || end < 0) return;
    const name = new TextDecoder().decode(bytes.subarray(space + 1, end));
    names.set(Buffer.from(bytes.subarray(end + 1, end + 1 + idBytes)).toString("hex"), name);
    at = end + 1 + idBytes;
  }
}

function objectsFolder(path: string): string {
  for (let folder = path;; folder = dirname(folder)) {
    const git = join(folder, ".git");
    const entry = entryAt(git);
    if (entry?.isDirectory() === true) return join(git, "objects");
    if (entry?.isFile() === true) return linkedObjects(folder, git);
    if (entryAt(join(folder, "objects", "pack"))?.isDirectory() === true) {
      return join(folder, "objects");
    }
    if (folder === dirname(folder)) break;
  }
  throw new CliError("NOT_FOUND", `Cannot scan the history of "${path}": there is no git repository`, {
    hint: "leave --history out, or name a folder inside a repository",
  });
}

// A worktree's `.git` is a file that names its folder, and that folder's `commondir` the repository.
function linkedObjects(folder: string, git: string): string {
  const target = /^gitdir: (.+?)\s*$/.exec(readFileSync(git, "utf8"))?.[1];
  const own = resolve(folder, target ?? ".git");
  try {
    return join(resolve(own, readFileSync(join(own, "commondir"), "utf8").trim()), "objects");
  } catch {
    return join(own, "objects");
  }
}

function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    // Missing, or below something that is no folder.
    return undefined;
  }
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
