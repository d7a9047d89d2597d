import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { b2, type Digest, errorCode, parseDigest } from "../../core/mod.ts";
import { SandboxError } from "../errors.ts";
import type { ComponentManifest } from "./component.ts";
import { ENGINE_PIN } from "./engine-pin.ts";

/** Digest of the script engine of this version; what a generated tool was tried with. */
export const ENGINE_DIGEST: Digest = parseDigest(ENGINE_PIN.digest);

/** What the script engine may import: all of `az:host`. What a tool declares of it is decided by call. */
export const ENGINE_MANIFEST: ComponentManifest = {
  world: "engine",
  imports: ["filesystem", "http", "secrets", "tools"],
  wasi: [],
};

const ENGINE_FILE = fileURLToPath(new URL("./engine/engine.wasm", import.meta.url));

/**
 * Reads the component that runs scripts, one prebuilt QuickJS for all of them.
 *
 * @example
 * ```ts
 * const bytes = await readScriptEngine(); // of digest ENGINE_DIGEST
 * ```
 * @param file Where it lies, by default beside this module.
 * @returns Its bytes, checked against the pin.
 * @throws {SandboxError} `TIER_UNAVAILABLE` when it is missing, `DIGEST_MISMATCH` when it is not what was pinned.
 */
export async function readScriptEngine(file: string = ENGINE_FILE): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new SandboxError("TIER_UNAVAILABLE", `Cannot start the script engine: ${errorCode(cause)}`, {
      hint: "reinstall agentzero; in a clone: npm run build:engine && npm run build",
      cause,
    });
  }
  if (b2(bytes) === ENGINE_DIGEST) return bytes;
  throw new SandboxError("DIGEST_MISMATCH", "Cannot start the script engine: its file is not the one that was built", {
    hint: "reinstall agentzero; in a clone: npm run build:engine && npm run build",
  });
}
