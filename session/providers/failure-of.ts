import { AgentZeroError } from "../../core/mod.ts";
import { HttpFault } from "../http/fault.ts";
import { busy, noAccess, noModel, tooLong, tooMany } from "./failure-kinds.ts";
import { failureOfFault } from "./failure-of-fault.ts";
import { type ProviderFacts, ProviderFailure } from "./provider-failure.ts";
import { saysTooLong } from "./says-too-long.ts";

const MAX_BODY_CHARS = 65_536;
/** Words of the package for a stream that ended without saying why. */
const NO_END = /ended without a finish reason/;

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
  if (saysTooLong(words)) return tooLong(facts, said);
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
