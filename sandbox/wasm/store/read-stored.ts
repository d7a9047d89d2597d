import { lstatSync } from "node:fs";
import { join } from "node:path";
import { b2, errorCode, readOwnFile } from "../../../core/mod.ts";
import { SandboxError } from "../../errors.ts";
import type { ToolFile } from "../install/tool-job.ts";
import { decodeEntry, type StoreEntry } from "./store-entry.ts";

/** An entry with its files, each read once. */
export interface Stored {
  readonly entry: StoreEntry;
  readonly files: readonly ToolFile[];
}

const ENTRY_BYTES = 1024 * 1024;

/**
 * Reads an installed component. Each file is read once, and the bytes that were hashed are those that are handed on.
 *
 * Threat: somebody who can write into the store changes the glue, which runs outside of the guest, or takes the checks
 * out of a module.
 *
 * @param dir The store.
 * @param key Name of the entry.
 * @param macKey 32 bytes.
 * @returns The entry, or `null` when there is none.
 * @throws {SandboxError} `WASM_CACHE` when anything of it is not what was written.
 */
export function readStored(dir: string, key: string, macKey: Uint8Array): Stored | null {
  const folder = join(dir, key);
  if (!exists(folder)) return null;
  const entry = decodeEntry(read(folder, "entry.json", ENTRY_BYTES), macKey);
  if (entry === null || entry.key !== key) throw changed("entry.json");
  const files = entry.files.map(({ name, size, b2: digest }) => {
    const bytes = read(folder, name, size);
    if (bytes.length !== size || b2(bytes) !== digest) throw changed(name);
    return { name, bytes };
  });
  return { entry, files };
}

function exists(folder: string): boolean {
  try {
    lstatSync(folder);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return false;
    throw changed("its folder");
  }
}

function read(folder: string, name: string, maxBytes: number): Uint8Array<ArrayBuffer> {
  const file = readOwnFile(join(folder, name), { maxBytes });
  if (file.kind !== "ok") throw changed(name);
  return new Uint8Array(file.bytes);
}

function changed(name: string): SandboxError {
  return new SandboxError("WASM_CACHE", `Cannot load component: ${name} in the store is not what was written there`, {
    hint: "install the component again",
  });
}
