import type { HttpAnswer } from "../http.ts";
import { HttpFault } from "./fault.ts";
import type { Header } from "./headers.ts";
import { type HttpTarget, targetOf } from "./target.ts";

/** One request on the way to the final answer. */
export interface Step {
  readonly method: string;
  readonly target: HttpTarget;
  readonly headers: readonly Header[];
  readonly body: Uint8Array | null;
}

/** What may follow a redirect to another origin; all else may carry something meant for the first one. */
const HARMLESS: ReadonlySet<string> = new Set(["accept", "accept-language", "user-agent"]);

/**
 * Makes the request that a redirect asks for (RFC 9110).
 *
 * @param answer The answer.
 * @param step The request it answers.
 * @returns The next request, or `null` when the answer is final.
 * @throws {PolicyError} `URL_INVALID` for an address that cannot be followed.
 * @throws {HttpFault} For a body that would go to another origin.
 */
export function redirectOf(answer: HttpAnswer, step: Step): Step | null {
  const location = answer.header("location");
  if (![301, 302, 303, 307, 308].includes(answer.status) || location === "") return null;
  const target = targetOf(location, step.target.url);
  const same = target.url.origin === step.target.url.origin;
  const keeps = answer.status >= 307 || step.method === "GET" || step.method === "HEAD";
  const headers = step.headers.filter(([name]) => (same && keeps) || HARMLESS.has(name));
  return keeps
    ? { method: step.method, target, headers, body: same ? step.body : refuseBody(step, target) }
    : { method: "GET", target, headers, body: null };
}

function refuseBody(step: Step, target: HttpTarget): Uint8Array | null {
  if (step.body === null) return null;
  // Threat: content meant for one host is passed on to another one that nobody chose.
  throw new HttpFault("protocol", `fetch ${step.target.host}`, `it passes the request body on to ${target.host}`);
}
