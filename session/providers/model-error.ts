import { AgentZeroError } from "../../core/mod.ts";
import { SessionError, type SessionErrorCode } from "../errors.ts";
import { HttpFault } from "../http/fault.ts";

/** Whom a failure is about. */
export interface ProviderFacts {
  /** Name of the provider in the configuration. */
  readonly provider: string;
  readonly model: string;
  /** `host:port`. */
  readonly where: string;
  readonly port: number | null;
  readonly local: boolean;
  readonly key: boolean;
}

/** A failed model call, and whether another try may help. */
export class ProviderFailure extends SessionError {
  /** `true` for failures that come and go: connection, 408, 429, 5xx. */
  readonly transient: boolean;
  /** What the server asked us to wait, in ms, or `null`. */
  readonly retryAfterMs: number | null;

  constructor(
    code: SessionErrorCode,
    message: string,
    details: { readonly hint?: string; readonly transient?: boolean; readonly retryAfterMs?: number | null } = {},
  ) {
    super(code, message, { hint: details.hint });
    this.transient = details.transient ?? false;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

/** How the servers we know are started, by their usual port. */
const START: ReadonlyMap<number, string> = new Map([
  [11434, "ollama serve"],
  [8080, "llama-server -m MODEL.gguf --port 8080"],
  [1234, "lms server start"],
  [8000, "vllm serve MODEL"],
]);

/** An answer that is no stream. */
export interface RefusedAnswer {
  readonly status: number;
  readonly retryAfterMs: number | null;
  /** `true` when the body says that the request is too long. */
  readonly tooLong: boolean;
  /** Names of the models the server has, checked to be plain; empty when it did not say. */
  readonly models: readonly string[];
}

/**
 * Says what an HTTP status of a model server means. Nothing of the body is repeated: it is untrusted text that may
 * quote the request, and the request may hold what must not be shown.
 *
 * @param facts Whom it is about.
 * @param answer Status and what was read from the body.
 * @returns The failure.
 */
export function failureOfStatus(facts: ProviderFacts, answer: RefusedAnswer): ProviderFailure {
  const { status, retryAfterMs } = answer;
  const said = `${facts.where} answered ${status}`;
  if (answer.tooLong || status === 413) return tooLong(facts, said);
  if (status === 401 || status === 403) return noAccess(facts, said);
  if (status === 404) return noModel(facts, said, answer.models);
  if (status === 408) return busy(facts, said, retryAfterMs);
  if (status === 429) return tooMany(facts, said, retryAfterMs);
  if (status >= 500) return busy(facts, said, retryAfterMs);
  if (status >= 300 && status < 400) {
    return new ProviderFailure(
      "PROVIDER_PROTOCOL",
      `Cannot use "${facts.provider}": ${said}, a redirect; none is followed`,
      {
        hint: `put the final address into \`url\` of provider "${facts.provider}"`,
      },
    );
  }
  return new ProviderFailure("PROVIDER_PROTOCOL", `Cannot use "${facts.provider}": ${said}, it refused the request`, {
    hint: `check that \`url\` and \`kind\` of provider "${facts.provider}" fit the server`,
  });
}

/**
 * Turns whatever a model's stream or package threw into a coded failure in our own words.
 *
 * Threat: the packages put text of the response into their messages, and the request into their errors. So neither
 * message nor cause is taken over, only types and codes from closed lists are looked at.
 *
 * @param facts Whom it is about.
 * @param thrown Anything.
 * @returns Coded errors of ours, of policy and of the record as they are; else a `PROVIDER_*` failure.
 */
export function failureOf(facts: ProviderFacts, thrown: unknown): AgentZeroError {
  const own = ownError(thrown);
  if (own instanceof HttpFault) return failureOfFault(facts, own);
  if (own !== null) return own;
  const words = closedWords(thrown);
  const said = `${facts.where} reported an error in its stream`;
  if (NO_END.test(words)) {
    return new ProviderFailure(
      "PROVIDER_STREAM",
      `Cannot read the reply of "${facts.provider}": it broke off in the middle`,
    );
  }
  if (TOO_LONG.test(words)) return tooLong(facts, said);
  if (
    /\boverloaded_error\b|\boverloaded\b|\bserver_error\b|\binternal_server_error\b|\bapi_error\b|\bunavailable\b/.test(
      words,
    )
  ) {
    return busy(facts, said, null);
  }
  if (/\brate_limit(_error|_exceeded)?\b|\binsufficient_quota\b/.test(words)) return tooMany(facts, said, null);
  if (/\bauthentication_error\b|\bpermission_error\b|\binvalid_api_key\b/.test(words)) return noAccess(facts, said);
  if (/\bnot_found_error\b|\bmodel_not_found\b/.test(words)) return noModel(facts, said, []);
  if (
    /Expected a normalized|\bAI_(JSONParse|TypeValidation|InvalidArgument|UnsupportedFunctionality)Error\b/.test(words)
  ) {
    return new ProviderFailure(
      "PROVIDER_PROTOCOL",
      `Cannot read the reply of "${facts.provider}": it is not in the expected form`,
      {
        hint: `check that \`kind\` of provider "${facts.provider}" fits the server`,
      },
    );
  }
  return new ProviderFailure("PROVIDER_STREAM", `Cannot read the reply of "${facts.provider}": ${said}`);
}

function failureOfFault(facts: ProviderFacts, fault: HttpFault): ProviderFailure {
  const { why } = fault;
  switch (fault.fault) {
    case "name":
    case "connect":
      return new ProviderFailure("PROVIDER_UNREACHABLE", `Cannot reach "${facts.provider}" at ${facts.where}: ${why}`, {
        hint: startHint(facts),
        transient: true,
      });
    case "tls":
    case "place":
      return new ProviderFailure("PROVIDER_UNREACHABLE", `Cannot reach "${facts.provider}" at ${facts.where}: ${why}`, {
        hint: `check \`url\` of provider "${facts.provider}"`,
      });
    case "protocol":
      return new ProviderFailure("PROVIDER_PROTOCOL", `Cannot use "${facts.provider}" at ${facts.where}: ${why}`);
    case "first-byte":
    case "silence":
    case "total":
    case "size":
    case "line":
    case "cut":
      return new ProviderFailure("PROVIDER_STREAM", `Cannot read the reply of "${facts.provider}": ${why}`);
    default:
      return fault.fault satisfies never;
  }
}

const MAX_BODY_CHARS = 65_536;
/** Words of the package for a stream that ended without saying why. */
const NO_END = /ended without a finish reason/;
const TOO_LONG =
  /context[ _-]?(length|size|window)|maximum context|prompt is too long|too many (input )?tokens|exceed_context_size|request_too_large/i;

/**
 * Tells whether an error body says that the request does not fit the model's context.
 *
 * @param body Start of the body, untrusted; only looked at.
 * @returns `true` for the wordings of the servers we know.
 */
export function saysTooLong(body: string): boolean {
  return TOO_LONG.test(body);
}

function tooLong(facts: ProviderFacts, said: string): ProviderFailure {
  return new ProviderFailure(
    "PROVIDER_CONTEXT",
    `Cannot ask "${facts.model}": ${said}, the conversation is too long for it`,
    {
      hint: "shorten it with /compact, start anew with /new, or choose a model with a larger context",
    },
  );
}

function noAccess(facts: ProviderFacts, said: string): ProviderFailure {
  return new ProviderFailure("PROVIDER_AUTH", `Cannot use "${facts.provider}": ${said}, it does not accept the key`, {
    hint: facts.key
      ? `store a valid key with \`agentzero vault set HANDLE --update\` for the handle in \`key\` of provider "${facts.provider}"`
      : `store a key with \`agentzero vault set HANDLE\` and name the handle as \`key\` of provider "${facts.provider}"`,
  });
}

function noModel(facts: ProviderFacts, said: string, models: readonly string[]): ProviderFailure {
  const pull = facts.port === 11434 && facts.local ? `; \`ollama pull ${facts.model}\` fetches it` : "";
  return new ProviderFailure(
    "PROVIDER_MODEL",
    `Cannot ask "${facts.model}" of "${facts.provider}": ${said}, there is no such model`,
    {
      hint: models.length > 0
        ? `it has: ${models.join(", ")}${pull}`
        : `check \`model\`, and \`url\` of provider "${facts.provider}" (it usually ends in /v1)${pull}`,
    },
  );
}

function busy(facts: ProviderFacts, said: string, retryAfterMs: number | null): ProviderFailure {
  return new ProviderFailure("PROVIDER_BUSY", `Cannot ask "${facts.provider}": ${said}, it is busy or broken`, {
    hint: "try again later, or choose another provider with --provider",
    transient: true,
    retryAfterMs,
  });
}

function tooMany(facts: ProviderFacts, said: string, retryAfterMs: number | null): ProviderFailure {
  const seconds = Math.ceil((retryAfterMs ?? 0) / 1_000);
  const wait = seconds <= 0 ? "try again later" : `try again in ${seconds} s`;
  return new ProviderFailure("PROVIDER_RATE", `Cannot ask "${facts.provider}": ${said}, too many requests or tokens`, {
    hint: wait,
    transient: true,
    retryAfterMs,
  });
}

function startHint(facts: ProviderFacts): string {
  if (!facts.local) return `check the network and \`url\` of provider "${facts.provider}"`;
  const command = facts.port === null ? undefined : START.get(facts.port);
  return command === undefined
    ? `start the server that listens at ${facts.where}, or choose another with --provider`
    : `start it: ${command}`;
}

/** Finds a coded error of ours behind what the packages wrapped around it. */
function ownError(thrown: unknown): AgentZeroError | null {
  let current = thrown;
  for (let depth = 0; depth < 8; depth++) {
    if (current instanceof AgentZeroError) return current;
    if (!(current instanceof Error)) return null;
    current = current.cause;
  }
  return null;
}

/** Collects the fields that hold words of closed lists; free text is only searched, never shown. */
function closedWords(thrown: unknown, depth = 0): string {
  if (typeof thrown === "string") return thrown.slice(0, 2_000);
  if (typeof thrown !== "object" || thrown === null || depth > 3) return "";
  const words: string[] = [];
  for (const field of ["name", "type", "code", "status", "message", "errorType"] as const) {
    const value: unknown = Reflect.get(thrown, field);
    if (typeof value === "string") words.push(value.slice(0, 2_000));
  }
  for (const field of ["error", "data"] as const) words.push(closedWords(Reflect.get(thrown, field), depth + 1));
  words.push(closedWords(parsed(Reflect.get(thrown, "responseBody")), depth + 1));
  return words.join(" ");
}

function parsed(body: unknown): unknown {
  if (typeof body !== "string" || body.length > MAX_BODY_CHARS) return null;
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
