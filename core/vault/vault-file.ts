import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { removeStaleTemporaries, writeFileAtomic } from "../atomic-write.ts";
import { CoreError } from "../errors.ts";
import { type FileLock, takeFileLock } from "../file-lock.ts";
import { checkOwnFolder, errorCode, readOwnFile } from "../own-file.ts";
import type { Clock } from "../ports.ts";

// 500 entries of the largest size in base64, and room for their descriptions.
const MAX_VAULT_BYTES = 64 * 1024 * 1024;

/** The vault file of one home: `vault/vault.json`, 0600, written under `vault/vault.lock`. */
export class VaultFile {
  /** Absolute path. */
  readonly path: string;
  readonly #folder: string;
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
    this.#folder = join(home, "vault");
    this.path = join(this.#folder, "vault.json");
  }

  /** Reads the text; `null` without a file. Throws `VAULT_UNSAFE` for links, foreign owners and open modes. */
  read(): string | null {
    for (const [folder, secret] of [[this.#home, false], [this.#folder, true]] as const) {
      const checked = checkOwnFolder(folder, secret);
      if (checked.kind === "missing") return null;
      if (checked.kind === "unsafe") throw unsafe(folder, checked);
    }
    const file = readOwnFile(this.path, { maxBytes: MAX_VAULT_BYTES, secret: true });
    if (file.kind === "missing") return null;
    if (file.kind === "unsafe") throw unsafe(this.path, file);
    return new TextDecoder().decode(file.bytes);
  }

  /** A mark that changes whenever the file does. */
  stamp(): string {
    try {
      const stat = statSync(this.path, { bigint: true });
      return `${stat.ino}:${stat.size}:${stat.mtimeNs}`;
    } catch (error) {
      return errorCode(error);
    }
  }

  /** Makes the folder and takes the lock. */
  lock(clock: Clock): FileLock {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new CoreError("VAULT_WRITE", `Cannot make folder "${this.#folder}": ${errorCode(cause)}`, { cause });
    }
    const checked = checkOwnFolder(this.#folder, true);
    if (checked.kind === "unsafe") throw unsafe(this.#folder, checked);
    return takeFileLock(join(this.#folder, "vault.lock"), clock);
  }

  /** Replaces the file; the caller holds the lock. */
  write(text: string, lock: FileLock): void {
    removeStaleTemporaries(this.path);
    lock.check();
    try {
      writeFileAtomic(this.path, new TextEncoder().encode(text));
    } catch (cause) {
      const seen = cause instanceof CoreError ? cause.message : errorCode(cause);
      throw new CoreError("VAULT_WRITE", `Cannot change the vault: ${seen}`, {
        hint: "nothing was changed; check free space and permissions",
        cause,
      });
    }
  }
}

function unsafe(path: string, seen: { readonly why: string; readonly hint: string }): CoreError {
  return new CoreError("VAULT_UNSAFE", `Cannot use vault "${path}": ${seen.why}`, { hint: seen.hint });
}
