import { existsSync } from "node:fs";
import type { Handle } from "../handle.ts";
import type { EnvironmentSecrets, SecretDeclaration } from "../secrets.ts";

const TELLING_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD|PASS|CREDENTIALS)$/;
const MIN_BYTES = 16;
const MIN_DIFFERENT = 8;

/**
 * Takes the secrets out of a process environment, once, at start.
 *
 * @param env The environment; declared variables are deleted from it.
 * @param declarations Handles that the user's config declares.
 * @returns The values. Those of undeclared variables with a telling name stay where they are and are only masked.
 */
export function takeEnvironmentSecrets(
  env: Record<string, string | undefined>,
  declarations: readonly SecretDeclaration[],
): EnvironmentSecrets {
  const declared = new Map<Handle, Uint8Array>();
  const names = new Set<string>();
  for (const { handle, source } of declarations) {
    const value = source.kind === "env" ? env[source.name] : undefined;
    if (source.kind !== "env" || value === undefined) continue;
    declared.set(handle, new TextEncoder().encode(value));
    names.add(source.name);
  }
  for (const name of names) delete env[name];
  const credentials: Uint8Array[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && TELLING_NAME.test(name.toUpperCase()) && looksLikeCredential(value)) {
      credentials.push(new TextEncoder().encode(value));
    }
  }
  return { declared, credentials };
}

function looksLikeCredential(value: string): boolean {
  const bytes = new TextEncoder().encode(value);
  if (bytes.length < MIN_BYTES || bytes.length > 65_536 || new Set(bytes).size < MIN_DIFFERENT) return false;
  // `SSH_KEY=/home/me/.ssh/id` names a file; its path is no secret.
  return bytes.length > 4096 || value.includes("\0") || !existsSync(value);
}
