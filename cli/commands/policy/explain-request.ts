import {
  CAPABILITIES,
  type Capability,
  type Classification,
  CLASSIFICATIONS,
  ISOLATION_TIERS,
  isWord,
} from "../../../core/mod.ts";
import type { PolicyRequest } from "../../../policy/mod.ts";
import type { CommandInput } from "../../context.ts";
import type { CliError } from "../../errors.ts";
import { badUsage } from "../../usage.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Options that are handed on as they are. */
const TEXTS = [
  "path",
  "command",
  "url",
  "host",
  "secret",
  "inject",
  "program",
  "skill",
  "import",
  "package",
  "provider",
  "model",
] as const;
const FLAGS = ["remote", "tainted", "staged", "secrets"] as const;

/**
 * Reads a request from the command line of `policy explain`.
 *
 * @param input Capability and options.
 * @returns The request; whether its target is there is found out when it is planned.
 * @throws {CliError} `USAGE` for unknown words and malformed values.
 */
export function readRequest(input: CommandInput): PolicyRequest {
  const request: Mutable<PolicyRequest> = { capability: capabilityOf(input.arg(0)) };
  for (const name of TEXTS) {
    const value = input.option(name);
    if (value === "") throw bad(`--${name} is empty`, "name what the action would be done to");
    if (value !== undefined) request[name] = value;
  }
  for (const name of FLAGS) if (input.flag(name)) request[name] = true;
  const method = input.option("method");
  if (method !== undefined) request.method = method.toUpperCase();
  const port = input.option("port");
  if (port !== undefined) request.port = portOf(port);
  const argv = input.option("argv");
  if (argv !== undefined) {
    if (request.command !== undefined) throw bad("--command and --argv were both given", "leave one of them out");
    request.argv = argvOf(argv);
  }
  const tier = input.option("tier");
  if (tier !== undefined) {
    if (!isWord(ISOLATION_TIERS, tier)) throw bad(`unknown tier "${tier}"`, `one of: ${ISOLATION_TIERS.join(" ")}`);
    request.tier = tier;
  }
  const classes = input.option("class");
  if (classes !== undefined) request.class = classesOf(classes);
  const address = input.options("address");
  if (address.length > 0) request.address = address;
  return request;
}

function capabilityOf(word: string | undefined): Capability {
  if (word !== undefined && isWord(CAPABILITIES, word)) return word;
  throw bad(
    word === undefined ? "a capability is missing" : `unknown capability "${word}"`,
    `one of: ${CAPABILITIES.join(" ")}`,
  );
}

function portOf(text: string): number {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw bad(`"${text}" is not a port`, "a whole number from 1 to 65535");
}

function argvOf(text: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed) && parsed.length > 0 && parsed.every((word) => typeof word === "string")) return parsed;
  } catch {
    // Told below.
  }
  throw bad("--argv is not a JSON array of words", `e.g. --argv '["npm","test"]'`);
}

function classesOf(text: string): readonly Classification[] {
  return text.split(",").map((word) => {
    const name = word.trim();
    if (isWord(CLASSIFICATIONS, name)) return name;
    throw bad(`unknown class "${name}"`, `one of: ${CLASSIFICATIONS.join(" ")}`);
  });
}

function bad(seen: string, hint: string): CliError {
  return badUsage(`Cannot explain: ${seen}`, hint);
}
