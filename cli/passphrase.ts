import { resolve } from "node:path";
import { readOwnFile } from "../core/mod.ts";
import type { SystemPorts, Terminal } from "./context.ts";
import { CliError } from "./errors.ts";

/** Where a passphrase may come from. */
export interface PassphraseSources {
  /** Value of `--passphrase-file`, or `undefined`. */
  readonly file: string | undefined;
  /** Base of a relative `file`. */
  readonly cwd: string;
  readonly system: SystemPorts;
  readonly terminal: Terminal | null;
}

const MAX_BYTES = 4_096;

/**
 * Gets the passphrase of the keys: first line of the named file, else the environment, else the terminal.
 *
 * @param sources Where from.
 * @returns The passphrase, or `null` when nobody gave one.
 * @throws {CliError} `INPUT_INVALID` for a file that is missing, empty, a link, or open to others.
 */
export async function readPassphrase(sources: PassphraseSources): Promise<string | null> {
  if (sources.file !== undefined) return fromFile(resolve(sources.cwd, sources.file));
  const inherited = sources.system.takePassphrase();
  if (inherited !== null && inherited !== "") return inherited;
  const typed = await sources.terminal?.hidden("Passphrase: ") ?? null;
  if (typed === null) return null;
  const text = new TextDecoder().decode(typed);
  typed.fill(0);
  return text === "" ? null : text;
}

function fromFile(file: string): string {
  const read = readOwnFile(file, { maxBytes: MAX_BYTES, secret: true });
  if (read.kind !== "ok") {
    const why = read.kind === "missing" ? "it does not exist" : read.why;
    throw new CliError("INPUT_INVALID", `Cannot read the passphrase from "${file}": ${why}`, {
      hint: read.kind === "missing" ? "check --passphrase-file" : read.hint,
    });
  }
  const [line = ""] = new TextDecoder().decode(read.bytes).split(/\r?\n/, 1);
  read.bytes.fill(0);
  if (line !== "") return line;
  throw new CliError("INPUT_INVALID", `Cannot read the passphrase from "${file}": its first line is empty`);
}
