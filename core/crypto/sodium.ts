import type sodiumModule from "libsodium-wrappers-sumo";
import { CoreError } from "../errors.ts";

/** The libsodium build in use: the sumo one, since only it has Argon2id. */
export type Sodium = typeof sodiumModule;

let loaded: Sodium | null = null;

/**
 * Loads libsodium once; later calls return at once. Heavy (a WASM module), so the front doors that never need it
 * (`--version`, `--help`) do not call this.
 *
 * @returns The ready library.
 */
export async function loadSodium(): Promise<Sodium> {
  if (loaded === null) {
    const { default: library } = await import("libsodium-wrappers-sumo");
    await library.ready;
    loaded = library;
  }
  return loaded;
}

/**
 * Returns libsodium for synchronous code.
 *
 * @returns The library that {@link loadSodium} made ready.
 * @throws {CoreError} `SODIUM_NOT_READY` when nothing has awaited {@link loadSodium} yet.
 */
export function sodium(): Sodium {
  if (loaded === null) {
    throw new CoreError(
      "SODIUM_NOT_READY",
      "Cannot use cryptography: libsodium is not loaded",
      {
        hint: "await loadSodium() in the composition root first",
      },
    );
  }
  return loaded;
}
