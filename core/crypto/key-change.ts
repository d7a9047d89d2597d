import { lstatSync, rmSync } from "node:fs";
import { join } from "node:path";
import { removeStaleTemporaries, writeFileAtomic } from "../atomic-write.ts";
import { CoreError } from "../errors.ts";
import { type FileLock, takeFileLock } from "../file-lock.ts";
import { readOwnFile } from "../own-file.ts";
import type { Clock } from "../ports.ts";
import { nullable, object, oneOf, record, string } from "../shape.ts";

/** Files of the keys folder and their new content; `null` deletes. */
export type KeyChange = Readonly<Record<string, string | null>>;

const NAME = "change.json";
const LOCK = "change.lock";
const CHANGE = object({
  v: oneOf("azkeychange/1"),
  files: record(string({ pattern: /^(?:unlock\.json|[a-z-]+(?:\.[0-9a-f]{16})?\.(?:key|pub))$/ }), nullable(string())),
});

/**
 * Takes the lock that every change of keys holds from its first look at the files to its last write.
 *
 * Threat: of two changes at once one would undo the other, and what was recorded for its key in between nobody could
 * read again.
 *
 * @param folder The keys folder.
 * @param clock Tells how old a lock is.
 * @param waitMs How long to wait for another process; seconds by default.
 * @returns The lock.
 * @throws {CoreError} `KEY_BUSY` when another process keeps it, `FILE_WRITE` when it cannot be made.
 */
export function lockKeys(folder: string, clock: Clock, waitMs?: number): FileLock {
  const lock = keyErrors(() => takeFileLock(join(folder, LOCK), clock, waitMs));
  return { check: () => keyErrors(() => lock.check()), release: () => lock.release() };
}

/**
 * Replaces several key files as one: the whole change is written to one file first, then carried out. From then on
 * readers see all of it, see {@link pendingChange}; whoever is killed in between leaves it to the next start, so that no
 * key is left wrapped by a passphrase that is gone.
 *
 * @param folder The keys folder.
 * @param files New contents.
 * @param lock From {@link lockKeys}.
 * @throws {CoreError} `FILE_WRITE` when the disk is full or broken, `KEY_BUSY` when the lock was lost.
 */
export function changeKeys(folder: string, files: KeyChange, lock: FileLock): void {
  carryOut(folder, lock);
  const note = JSON.stringify({ v: "azkeychange/1", files });
  lock.check();
  writeFileAtomic(join(folder, NAME), new TextEncoder().encode(note));
  carryOut(folder, lock);
}

/**
 * Carries out a change that a killed process wrote down and did not finish; does nothing while its process lives.
 *
 * @param home `$AGENTZERO_HOME`, absolute.
 * @param clock Tells how old a lock is.
 * @throws {CoreError} `KEY_UNSAFE` or `KEY_INVALID` when the note is not ours, `FILE_WRITE`.
 */
export function finishKeyChange(home: string, clock: Clock): void {
  const folder = join(home, "keys");
  if (pendingChange(folder) === null) return;
  let lock: FileLock;
  try {
    lock = lockKeys(folder, clock, 0);
  } catch (error) {
    // Readers see the change all the same.
    if (error instanceof CoreError && error.code === "KEY_BUSY") return;
    throw error;
  }
  try {
    carryOut(folder, lock);
  } finally {
    lock.release();
  }
}

/**
 * Reads a change that was written down and is not finished.
 *
 * @param folder The keys folder.
 * @returns What counts in the place of the files that it names, or `null`.
 * @throws {CoreError} `KEY_UNSAFE` or `KEY_INVALID` when the note is not ours.
 */
export function pendingChange(folder: string): KeyChange | null {
  const path = join(folder, NAME);
  // Nearly always there is none, and this is asked for each key.
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return null;
  const file = readOwnFile(path, { maxBytes: 1_048_576, secret: true });
  if (file.kind === "missing") return null;
  if (file.kind === "unsafe") {
    throw new CoreError("KEY_UNSAFE", `Cannot use "${path}": ${file.why}`, { hint: file.hint });
  }
  return parseChange(path, new TextDecoder().decode(file.bytes));
}

/** What tells whether the keys were changed between two looks. */
export function keyStamp(folder: string): string {
  return [NAME, "unlock.json", "audit-box.key", "audit-sign.key"].map((name) => {
    const stat = lstatSync(join(folder, name), { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? "-" : `${stat.ino}:${stat.mtimeNs}`;
  }).join(" ");
}

function carryOut(folder: string, lock: FileLock): void {
  const change = pendingChange(folder);
  if (change === null) return;
  for (const [name, content] of Object.entries(change)) {
    lock.check();
    // Threat: a secret that was open before a passphrase was set, in what a killed process left beside its key.
    if (!name.endsWith(".pub")) removeStaleTemporaries(join(folder, name));
    if (content === null) rmSync(join(folder, name), { force: true });
    else writeFileAtomic(join(folder, name), new TextEncoder().encode(content));
  }
  lock.check();
  removeStaleTemporaries(join(folder, NAME));
  rmSync(join(folder, NAME), { force: true });
}

/** The lock of a file speaks of the vault. */
function keyErrors<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CoreError) || error.code !== "VAULT_BUSY") throw error;
    throw new CoreError("KEY_BUSY", "Cannot change keys: another process is changing them", {
      hint: error.hint,
      cause: error,
    });
  }
}

function parseChange(path: string, note: string): KeyChange {
  let value: unknown = null;
  try {
    value = JSON.parse(note);
  } catch {
    // Falls through: not an object of this form.
  }
  const change = CHANGE.safeParse(value);
  if (change.success) return change.data.files;
  throw new CoreError("KEY_INVALID", `Cannot read "${path}": it is not a key change of version azkeychange/1`, {
    hint: "move it away, or restore the keys folder from a backup",
  });
}
