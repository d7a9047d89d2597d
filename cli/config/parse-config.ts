import type { z } from "zod";
import { nearestName } from "../../core/mod.ts";
import { CliError } from "../errors.ts";
import { isYamlProblem, readYaml, type YamlFile } from "./read-yaml.ts";

/**
 * Reads the text of a `config.yml`.
 *
 * @param bytes The whole file.
 * @param file How to call it in messages.
 * @param schema What it may say.
 * @returns The decoded configuration.
 * @throws {CliError} `CONFIG_INVALID` with the line, and the nearest name for an unknown key.
 */
export async function parseConfig<T>(bytes: Uint8Array, file: string, schema: z.ZodType<T>): Promise<T> {
  const read = await readYaml(decodeText(bytes, file));
  if (isYamlProblem(read)) throw refuse({ file, line: read.line }, read.message);
  const decoded = schema.safeParse(read.value);
  if (decoded.success) return decoded.data;
  throw refuseIssue(file, read, deepest(decoded.error.issues));
}

function decodeText(bytes: Uint8Array, file: string): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw refuse({ file, line: 1 }, "it starts with a byte order mark");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refuse({ file, line: 1 }, "it is not UTF-8");
  }
}

const MAX_SEEN = 300;
const CORRECT = "correct that line; `agentzero doctor` shows what counts";

function refuse(
  place: { readonly file: string; readonly line: number },
  seen: string,
  hint: string = CORRECT,
): CliError {
  // A key may be as long as the file.
  const short = seen.length > MAX_SEEN ? `${seen.slice(0, MAX_SEEN).toWellFormed()}…` : seen;
  return new CliError("CONFIG_INVALID", `Cannot load "${place.file}": line ${place.line}: ${short}`, { hint });
}

type Issue = z.core.$ZodIssue;

/** Of several findings the one that says most: an unknown key, else the most deeply nested. */
function deepest(issues: readonly Issue[]): Issue | undefined {
  const found = issues.map(innermost);
  return found.find((issue) => issue.code === "unrecognized_keys") ??
    found.toSorted((a, b) => b.path.length - a.path.length)[0];
}

/** Of a value that fits none of several forms, what the nearest form objects to. */
function innermost(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const nested = issue.errors.flat().map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
  const inner = nested.find((found) => found.code === "unrecognized_keys") ??
    nested.find((found) => found.code !== "invalid_type") ?? nested[0];
  return inner === undefined ? issue : innermost(inner);
}

function refuseIssue(file: string, read: YamlFile, issue: Issue | undefined): CliError {
  if (issue === undefined) return refuse({ file, line: 1 }, "it does not fit");
  if (issue.code === "unrecognized_keys") return refuseKey(file, read, issue);
  const place = issue.path.map(String).join(".");
  const line = read.lineOf(issue.path);
  if (place === "") return refuse({ file, line }, "expected a mapping that starts with `v: 1`");
  if (place === "v") {
    return refuse({ file, line }, "expected `v: 1`", "this build reads version 1 of the configuration");
  }
  const said = issue.message.replace(/^Invalid (input|string|option): /, "").replace(
    /^Invalid discriminator value\. E/,
    "e",
  );
  return refuse({ file, line }, `${place}: ${boundSaid(said)}`);
}

/** What the library says of a bound, as a person would. */
function boundSaid(said: string): string {
  return said.replace(
    /^Too (?:small|big): expected \w+ to (?:be|have) (>=|<=|>|<)(.*)$/,
    (_, sign: string, bound: string) => `expected ${BOUNDS[sign] ?? sign} ${bound}`,
  );
}

const BOUNDS: Readonly<Record<string, string>> = {
  ">=": "at least",
  "<=": "at most",
  ">": "more than",
  "<": "less than",
};

function refuseKey(file: string, read: YamlFile, issue: Extract<Issue, { code: "unrecognized_keys" }>): CliError {
  const key = issue.keys[0] ?? "";
  const line = read.lineOf([...issue.path, key]);
  const known = KNOWN_KEYS[issue.path.filter((part) => typeof part === "string").join(".")] ?? ALL_KEYS;
  const place = [...issue.path, key].map(String).join(".");
  if (known.includes(key)) {
    // Threat: a clone that brings endpoints, keys or commands of its own.
    return refuse({ file, line }, `"${place}" is not for this file`, "only config.yml of your own home may say that");
  }
  const near = nearestName(key, known);
  return refuse({ file, line }, `unknown key "${place}"`, near === null ? undefined : `did you mean "${near}"?`);
}

const TOP = "v provider model providers models limits audit secrets vault sandbox acp telemetry".split(" ");
const LIMITS = ("turns tokens wall timeout running read write list search walk output drain data memory processes " +
  "open_files file_size tmp disk changes wasm_pages wasm_fuel wasm_time wasm_calls wasm_bytes wasm_input wasm_output")
  .split(" ");
const AUDIT = "sync clear recipients auditor retention prune max_bytes anchors".split(" ");
const OTHERS =
  ("unlock kind url key file context vision paths seccomp cwd_allow mode otlp endpoint env argv bind host slot " +
    "methods tool skill command format").split(" ");
const ALL_KEYS: readonly string[] = [...TOP, ...LIMITS, ...AUDIT, ...OTHERS];
const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = { "": TOP, limits: LIMITS, audit: AUDIT };
