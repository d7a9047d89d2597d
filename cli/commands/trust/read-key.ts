import { resolve } from "node:path";
import { parsePublicKey, type PublicSigningKey, readRegular, SkillsError } from "../../../skills/mod.ts";

const MAX_BYTES = 4096;

/**
 * Reads a public key that a person named: a `.pub` file, or its key line.
 *
 * @param cwd Folder that the name starts from.
 * @param named The name.
 * @returns The key.
 * @throws {SkillsError} `NOT_FOUND`, `READ_FAILED`, `KEY_INVALID`.
 */
export function readPublicKey(cwd: string, named: string): PublicSigningKey {
  if (/^[A-Za-z0-9+/]{56}$/.test(named)) return parsePublicKey(named);
  const file = readRegular(resolve(cwd, named), MAX_BYTES);
  if (file.kind === "missing") {
    throw new SkillsError("NOT_FOUND", `Cannot read key "${named}": there is no such file`, {
      hint: "name the publisher's .pub file; your own: agentzero key export NAME",
    });
  }
  if (file.kind === "refused") throw new SkillsError("READ_FAILED", `Cannot read key "${named}": ${file.seen}`);
  return parsePublicKey(new TextDecoder().decode(file.bytes));
}
