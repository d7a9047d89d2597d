import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { b2, type Clock } from "../../../core/mod.ts";
import type { ToolFile } from "../install/tool-job.ts";
import { encodeEntry, type StoreEntry } from "./store-entry.ts";

const STAGE = ".stage-";
// Nobody takes so long to write a few files.
const STALE_MS = 600_000;

/**
 * Writes an installed component: into a folder beside, then renamed as a whole. Who is killed on the way leaves
 * rubbish that the next one removes; who comes second with the same component finds it there.
 *
 * @param dir The store; made unless it is there.
 * @param stored The entry without its files, and the files.
 * @param macKey 32 bytes.
 * @throws What the file system throws.
 */
export function writeStored(
  dir: string,
  { entry, files }: { readonly entry: Omit<StoreEntry, "files">; readonly files: readonly ToolFile[] },
  macKey: Uint8Array,
): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const stage = mkdtempSync(join(dir, STAGE));
  try {
    for (const { name, bytes } of files) writeSynced(join(stage, name), bytes);
    const listed = files.map(({ name, bytes }) => ({ name, size: bytes.length, b2: b2(bytes) }));
    writeSynced(join(stage, "entry.json"), encodeEntry({ ...entry, files: listed }, macKey));
    place(stage, join(dir, entry.key));
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

// What stands there already was found to be damaged, or was put there by somebody at the same moment.
function place(stage: string, target: string): void {
  try {
    renameSync(stage, target);
  } catch {
    const aside = `${stage}-old`;
    try {
      renameSync(target, aside);
    } catch {
      // Somebody else took it away.
    }
    try {
      renameSync(stage, target);
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  }
}

/**
 * Removes what killed writers left behind.
 *
 * @param dir The store.
 * @param clock Wall time.
 */
export function removeStaleStages(dir: string, clock: Clock): void {
  try {
    for (const name of readdirSync(dir)) {
      const path = join(dir, name);
      if (!name.startsWith(STAGE) || clock.now() - statSync(path).mtimeMs < STALE_MS) continue;
      rmSync(path, { recursive: true, force: true });
    }
  } catch {
    // Rubbish that cannot be removed harms nobody.
  }
}

function writeSynced(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, "wx", 0o600);
  try {
    writeFileSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
