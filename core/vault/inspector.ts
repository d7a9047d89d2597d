import { CoreError } from "../errors.ts";

/**
 * Refuses to go on while a debugger could read the memory of this process.
 *
 * @throws {CoreError} `VAULT_LOCKED` when the process was started with an inspector.
 */
export async function assertNotDebugged(): Promise<void> {
  const inspector = await import("node:inspector");
  if (inspector.url() === undefined) return;
  throw new CoreError("VAULT_LOCKED", "Cannot unlock vault: this process has an inspector open", {
    hint: "start it without --inspect",
  });
}
