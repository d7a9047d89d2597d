import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createFileOnce, writeFileAtomic } from "../atomic-write.ts";
import { CoreError } from "../errors.ts";
import { checkOwnFolder, type OwnFile, readOwnFile } from "../own-file.ts";
import type { Random } from "../ports.ts";
import { formatKeyFile, generateKey, type KeyFile, type KeyUse, parseKeyFile } from "./key-file.ts";
import { pendingChange } from "./key-change.ts";
import { formatPublicKey } from "./public-key.ts";

const MAX_KEY_FILE_BYTES = 4096;
// Made in this order: a later key never exists without the earlier ones.
const ALWAYS = ["tag", "audit-sign", "audit-box"] as const;

/** The files of `$AGENTZERO_HOME/keys`, with the checks that each access needs. */
export class KeyFolder {
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
    this.folder = join(home, "keys");
  }

  /** Path of a key file; `kid` for an older reading key. */
  path(use: KeyUse, kid?: string): string {
    return join(this.folder, kid === undefined ? `${use}.key` : `${use}.${kid}.key`);
  }

  /** Makes the folder and what is missing in it; tells whether anything was made. */
  makeMissing(random: Random): boolean {
    this.#prepare();
    let made = false;
    // Newest first: if the last one was seen, the earlier ones must be there, whatever another process does meanwhile.
    const seen = ALWAYS.toReversed().filter((use) => this.readText(`${use}.key`) !== null);
    for (const use of ALWAYS) {
      if (this.readText(`${use}.key`) === null) {
        if (seen.length > 0 && ALWAYS.indexOf(seen[0] ?? "tag") > ALWAYS.indexOf(use)) throw this.#missing(use);
        if (use !== "tag" && this.readText(`${use}.pub`) !== null) throw this.#missing(use);
        made = createFileOnce(this.path(use), encode(formatKeyFile(generateKey(use, random), null))) || made;
      }
      this.#publish(use);
    }
    return made;
  }

  /** Makes a key that only some need (`vault`), unless it is there. */
  makeOne(use: KeyUse, wrap: { readonly key: Uint8Array; readonly random: Random } | null, random: Random): void {
    createFileOnce(this.path(use), encode(formatKeyFile(generateKey(use, random), wrap)));
  }

  /** Reads a key file; throws `KEY_MISSING` when there is none. */
  read(use: KeyUse): KeyFile {
    const file = this.find(use);
    if (file === null) throw this.#missing(use);
    return file;
  }

  /** Reads a key file, or returns `null` when there is none. */
  find(use: KeyUse): KeyFile | null {
    const text = this.readText(`${use}.key`);
    return text === null ? null : parseKeyFile(text, use, this.path(use));
  }

  /** Reads the current reading key and the older ones, the current one first. */
  readBoxes(): readonly { readonly file: KeyFile; readonly path: string }[] {
    const boxes = [{ file: this.read("audit-box"), path: this.path("audit-box") }];
    const names = new Set([...readdirSync(this.folder), ...Object.keys(pendingChange(this.folder) ?? {})]);
    for (const name of [...names].toSorted()) {
      const kid = /^audit-box\.([0-9a-f]{16})\.key$/.exec(name)?.[1];
      const text = kid === undefined ? null : this.readText(name);
      if (text === null) continue;
      const path = join(this.folder, name);
      boxes.push({ file: parseKeyFile(text, "audit-box", path), path });
    }
    return boxes;
  }

  /** Reads a small own file of the folder, as an unfinished change of keys has it; `null` when there is none. */
  readText(name: string): string | null {
    const changed = pendingChange(this.folder)?.[name];
    if (changed !== undefined) return changed;
    const path = join(this.folder, name);
    const file = readOwnFile(path, { maxBytes: MAX_KEY_FILE_BYTES, secret: true });
    if (file.kind === "missing") return null;
    if (file.kind === "unsafe") throw unsafe(path, file);
    return new TextDecoder().decode(file.bytes);
  }

  #prepare(): void {
    for (const path of [this.#home, this.folder]) {
      try {
        mkdirSync(path, { recursive: true, mode: 0o700 });
      } catch (cause) {
        throw new CoreError("FILE_WRITE", `Cannot make folder "${path}"`, {
          hint: "choose another place with --home DIR or AGENTZERO_HOME",
          cause,
        });
      }
      const checked = checkOwnFolder(path, path === this.folder);
      if (checked.kind === "unsafe") throw unsafe(path, checked);
    }
  }

  #publish(use: (typeof ALWAYS)[number]): void {
    if (use === "tag") return;
    const key = this.read(use);
    if (key.publicKey === null) return;
    const line = formatPublicKey({ use, kid: key.kid, publicKey: key.publicKey });
    // Threat: a changed .pub would be handed to an auditor. The key file is the truth.
    if (this.readText(`${use}.pub`) !== line) writeFileAtomic(join(this.folder, `${use}.pub`), encode(line));
  }

  #missing(use: KeyUse): CoreError {
    return new CoreError("KEY_MISSING", `Cannot open keys: "${this.path(use)}" is missing`, {
      hint: "restore it from a backup; a new one is only made in an empty keys folder",
    });
  }
}

/** Encodes text as UTF-8. */
export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function unsafe(path: string, file: Extract<OwnFile, { kind: "unsafe" }>): CoreError {
  return new CoreError("KEY_UNSAFE", `Cannot use "${path}": ${file.why}`, { hint: file.hint });
}
