import { CoreError } from "../errors.ts";
import { parseHandle } from "../handle.ts";
import type { SecretInfo } from "../vault.ts";
import type { EntryMeta } from "./entry-meta.ts";

const MAX_NOTE_LENGTH = 200;

/** Makes what may be told of a secret. */
export function secretInfo(version: number, meta: EntryMeta, now: number): SecretInfo {
  return {
    handle: parseHandle(meta.handle),
    version,
    note: meta.note,
    created: meta.created,
    rotated: meta.rotated,
    expires: meta.expires,
    expired: meta.expires !== null && now >= meta.expires,
    bindings: meta.bind,
  };
}

/** Refuses a note that is long or could move a cursor. */
export function checkNote(note: string | null): void {
  if (note === null || (note.length <= MAX_NOTE_LENGTH && !/\p{Cc}/u.test(note))) return;
  throw new CoreError(
    "ARGS_INVALID",
    `Cannot keep note: it is longer than ${MAX_NOTE_LENGTH} characters or has controls`,
    {
      hint: "use one short line",
    },
  );
}

/** Names the entry of a signing key. No handle has this form, so none can reach it. */
export function keyHandle(name: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name) && !name.includes("..")) return `key:${name}`;
  throw new CoreError("SECRET_HANDLE", "Cannot use key name: it is not of that form", {
    hint: "use a-z 0-9 . _ - and begin with a letter or digit",
  });
}
