import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../atomic-write.ts";
import { CoreError } from "../errors.ts";
import { readOwnFile } from "../own-file.ts";
import { nullable, object, oneOf, record, string } from "../shape.ts";

/** Files of the keys folder and their new content; `null` deletes. */
export type KeyChange = Readonly<Record<string, string | null>>;

const NAME = "change.json";
const CHANGE = object({
  v: oneOf("azkeychange/1"),
  files: record(string({ pattern: /^(?:unlock\.json|[a-z-]+(?:\.[0-9a-f]{16})?\.(?:key|pub))$/ }), nullable(string())),
});

/**
 * Replaces several key files as one: the whole change is written to one file first, then carried out. Whoever is killed
 * in between finishes it on the next start, so that no key is left wrapped by a passphrase that is gone.
 *
 * @param folder The keys folder.
 * @param files New contents.
 * @throws {CoreError} `FILE_WRITE` when the disk is full or broken.
 */
export function changeKeys(folder: string, files: KeyChange): void {
  const note = JSON.stringify({ v: "azkeychange/1", files });
  writeFileAtomic(join(folder, NAME), new TextEncoder().encode(note));
  finishKeyChange(folder);
}

/**
 * Carries out a change that was written down but not finished; idempotent.
 *
 * @param folder The keys folder.
 * @throws {CoreError} `KEY_UNSAFE` or `KEY_INVALID` when the note is not ours.
 */
export function finishKeyChange(folder: string): void {
  const path = join(folder, NAME);
  const file = readOwnFile(path, { maxBytes: 1_048_576, secret: true });
  if (file.kind === "missing") return;
  if (file.kind === "unsafe") {
    throw new CoreError("KEY_UNSAFE", `Cannot use "${path}": ${file.why}`, { hint: file.hint });
  }
  for (const [name, content] of Object.entries(parseChange(path, new TextDecoder().decode(file.bytes)))) {
    if (content === null) rmSync(join(folder, name), { force: true });
    else writeFileAtomic(join(folder, name), new TextEncoder().encode(content));
  }
  rmSync(path, { force: true });
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
