import { AgentZeroError, type Permit, type RunIo } from "../../core/mod.ts";
import { SandboxError } from "../errors.ts";

/** What is revealed to a command. */
export interface RevealInput {
  /** The run's permit, spent already. */
  readonly permit: Permit;
  /** Variable to handle. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly io: Pick<RunIo, "secrets">;
}

/**
 * Reveals the secrets of a command, at the last moment.
 *
 * @param input Handles by variable.
 * @returns Values by variable; the caller sends them through a pipe and nowhere else.
 * @throws {SandboxError} `SECRET_PLACE` for a value that no variable can carry; errors of the vault as they come.
 */
export async function revealSecrets(input: RevealInput): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  for (const [name, handle] of Object.entries(input.secrets)) {
    const secret = await revealOne(input, handle);
    try {
      values[name] = secret.use((bytes) => variableText(bytes, name));
    } finally {
      secret.dispose();
    }
  }
  return values;
}

/**
 * Reveals one secret.
 *
 * @param input The run's permit and who reveals.
 * @param handle The handle.
 * @returns The value; the caller disposes it.
 * @throws {SandboxError} `SANDBOX_FAILED` for a failure of unknown origin; errors of the vault as they come.
 */
export async function revealOne(
  input: Pick<RevealInput, "permit" | "io">,
  handle: string,
): ReturnType<RunIo["secrets"]["reveal"]> {
  try {
    return await input.io.secrets.reveal(input.permit, handle);
  } catch (cause) {
    if (cause instanceof AgentZeroError) throw cause;
    // Threat: a message of unknown origin that quotes the value.
    throw new SandboxError("SANDBOX_FAILED", "Cannot run command: a secret could not be had", { cause });
  }
}

function variableText(bytes: Uint8Array, name: string): string {
  if (bytes.includes(0)) {
    throw new SandboxError("SECRET_PLACE", `Cannot put a secret into ${name}: its value contains NUL`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SandboxError("SECRET_PLACE", `Cannot put a secret into ${name}: its value is not text`);
  }
}
