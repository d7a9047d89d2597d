import { fromBase64, toBase64 } from "../base64.ts";
import { CoreError } from "../errors.ts";
import type { Random } from "../ports.ts";
import { openKeyFile } from "./key-file.ts";
import type { KeyFolder } from "./key-folder.ts";
import { PASSPHRASE_COST, passphraseKey } from "./kdf.ts";
import { integer, object, oneOf, string } from "../shape.ts";

const UNLOCK = object({
  v: oneOf("azunlock/1"),
  kdf: oneOf("argon2id13"),
  mem: integer(),
  ops: integer(),
  salt: string({ max: 64 }),
});

/** The text of `unlock.json` and the key that the passphrase gives with it. */
export interface NewUnlock {
  readonly text: string;
  readonly key: Uint8Array;
}

/** Prepares a new passphrase: fresh salt, today's cost. */
export function newUnlock(passphrase: string, random: Random): NewUnlock {
  const salt = random.bytes(16);
  const text = `${
    JSON.stringify({
      v: "azunlock/1",
      kdf: "argon2id13",
      mem: PASSPHRASE_COST.mem,
      ops: PASSPHRASE_COST.ops,
      salt: toBase64(salt),
    })
  }\n`;
  return { text, key: passphraseKey(passphrase, salt, PASSPHRASE_COST) };
}

/**
 * Computes the wrapping key of an installation and proves it on the reading key.
 *
 * @throws {CoreError} `KEY_LOCKED` for a wrong passphrase, `KEY_INVALID` for a malformed or weakened file.
 */
export function openUnlockFile(folder: KeyFolder, passphrase: string): Uint8Array {
  const text = folder.readText("unlock.json");
  const file = UNLOCK.safeParse(text === null ? null : parseJson(text));
  const salt = file.success ? fromBase64(file.data.salt) : null;
  if (!file.success || salt === null) {
    throw new CoreError("KEY_INVALID", `Cannot read "${folder.folder}/unlock.json": it is not of version azunlock/1`, {
      hint: "restore it from a backup; without it the passphrase opens nothing",
    });
  }
  const key = passphraseKey(passphrase, salt, file.data);
  if (openKeyFile(folder.read("audit-box"), key, folder.path("audit-box")) === null) {
    throw new CoreError("KEY_LOCKED", "Cannot unlock keys: the passphrase is wrong", {
      hint: "try again; it is the one set with: agentzero audit keys passphrase",
    });
  }
  return key;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
