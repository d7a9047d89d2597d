import { join } from "node:path";
import { blake2b, type Clock, toHex } from "../core/mod.ts";
import type { PolicyKeys } from "./engine-types.ts";
import { type GrantRecord, isGrantRecord } from "./grants.ts";
import { type MacUse, openJson, sealJson } from "./mac.ts";
import { readStateText, withLock, writeStateText } from "./state-file.ts";

/** One of the two files that remembered answers are kept in. */
export interface GrantFile {
  readonly path: string;
  readonly use: MacUse;
  /** The project that the file is about; `null` for the file of all packages. */
  readonly project: string | null;
}

/** What it takes to read and change grant files. */
export interface GrantStore {
  readonly keys: PolicyKeys;
  readonly clock: Clock;
}

/** A grant file as read; `tampered` when it exists and its MAC does not hold: then none of it counts. */
export interface GrantList {
  readonly generation: number;
  readonly grants: readonly GrantRecord[];
  readonly tampered: boolean;
}

/**
 * The file of answers for one project.
 *
 * @param home `$AGENTZERO_HOME`.
 * @param project Real path of the project.
 */
export function projectGrantFile(home: string, project: string): GrantFile {
  const name = toHex(blake2b(new TextEncoder().encode(project), 16));
  return { path: join(home, "grants", `${name}.json`), use: { label: "az/trust/v1", kind: "grants" }, project };
}

/** The file of answers about packages, of all projects. */
export function packageGrantFile(home: string): GrantFile {
  return {
    path: join(home, "grants", "packages.json"),
    use: { label: "az/trust/v1", kind: "packages" },
    project: null,
  };
}

/** Reads a grant file. */
export function readGrants(file: GrantFile, keys: PolicyKeys): GrantList {
  const { text, unsafe } = readStateText(file.path);
  if (text === null) return { generation: 0, grants: [], tampered: unsafe };
  const content = openJson(keys, file.use, text);
  const grants = content?.["grants"];
  const generation = content?.["generation"];
  // Threat: the grants of another project copied here. The path is part of what the MAC covers.
  const own = content !== null && content["v"] === 1 && (file.project === null || content["project"] === file.project);
  if (!own || !Array.isArray(grants) || !grants.every(isGrantRecord) || typeof generation !== "number") {
    return { generation: 0, grants: [], tampered: true };
  }
  return { generation, grants, tampered: false };
}

/**
 * Changes a grant file under its lock.
 *
 * @param file Which.
 * @param store Keys and clock.
 * @param edit Gets what counts now, without what has expired, and returns what shall count.
 * @throws {PolicyError} `STATE_WRITE`; nothing has changed then.
 */
export function editGrants(
  file: GrantFile,
  store: GrantStore,
  edit: (grants: readonly GrantRecord[]) => readonly GrantRecord[],
): void {
  withLock(file.path, store.clock, (lock) => {
    const { generation, grants } = readGrants(file, store.keys);
    const now = store.clock.now();
    const live = grants.filter((grant) => grant.expires === null || grant.expires > now);
    const content = {
      v: 1,
      ...(file.project === null ? {} : { project: file.project }),
      generation: generation + 1,
      grants: edit(live),
    };
    writeStateText(file.path, sealJson(store.keys, file.use, content), () => lock.check());
  });
}
