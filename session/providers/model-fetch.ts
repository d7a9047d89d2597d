import type { OpenAICompatibleProviderSettings } from "@ai-sdk/openai-compatible";
import type { Http, HttpAnswer, HttpLimits } from "../http.ts";
import type { Header } from "../http/headers.ts";
import { targetOf } from "../http/target.ts";
import { failureOfStatus } from "./failure-of-status.ts";
import type { ModelAttempt, ModelIo } from "./model.ts";
import { type ProviderFacts, ProviderFailure } from "./provider-failure.ts";
import { saysTooLong } from "./says-too-long.ts";

/** The `fetch` that the AI SDK packages take. */
export type FetchFunction = NonNullable<OpenAICompatibleProviderSettings["fetch"]>;

/** Where a provider may go, and how long it may take. */
export interface OriginRules {
  /** Base URL; requests must lie below it. */
  readonly base: URL;
  readonly loopbackOnly: boolean;
  readonly limits: HttpLimits;
  readonly facts: ProviderFacts;
}

/** One attempt on its way out. */
export interface Outgoing {
  readonly http: Http;
  readonly rules: OriginRules;
  readonly attempt: ModelAttempt;
  readonly io: ModelIo;
  /** Asks which models there are, for the message of a 404. Never rejects. */
  readonly models: () => Promise<readonly string[]>;
}

/** What the packages may say about their request; all else is ours, the key above all. */
const PASSED: ReadonlySet<string> = new Set(["content-type", "anthropic-version", "anthropic-beta"]);
const MAX_ERROR_BYTES = 65_536;
const MAX_RETRY_AFTER_MS = 86_400_000;

/**
 * Makes the `fetch` of one attempt: it goes to the configured origin and nowhere else, follows no redirect, replaces
 * headers, and turns every answer but a stream into a coded failure.
 *
 * @param out Adapter, rules, attempt.
 * @returns A function for the packages; rejects with {@link ProviderFailure} and what the gate throws.
 */
export function modelFetch(out: Outgoing): FetchFunction {
  return async (input, init) => {
    const { rules, attempt, io } = out;
    const target = targetOf(typeof input === "string" ? input : input instanceof URL ? input.href : input.url);
    // Threat: a package that builds an address out of a model name or an answer.
    if (target.url.origin !== rules.base.origin || !target.url.pathname.startsWith(`${trimmed(rules.base)}/`)) {
      throw new ProviderFailure(
        "PROVIDER_PROTOCOL",
        `Cannot use "${rules.facts.provider}": a request left its address`,
      );
    }
    if (init?.method !== "POST" || typeof init.body !== "string") {
      throw new ProviderFailure("PROVIDER_PROTOCOL", `Cannot use "${rules.facts.provider}": an unexpected request`);
    }
    const answer = await out.http.exchange(
      {
        method: "POST",
        target,
        headers: passed(new Headers(init.headers)),
        body: Buffer.from(init.body, "utf8"),
        hop: 0,
      },
      {
        signal: io.signal,
        limits: rules.limits,
        loopbackOnly: rules.loopbackOnly,
        admit: (request) => attempt.admit(request),
        credential: () => attempt.credential(),
      },
    );
    if (answer.status < 200 || answer.status > 299) throw await refused(out, answer);
    return streamOf(rules, answer);
  };
}

function passed(given: Headers): readonly Header[] {
  const headers: Header[] = [["user-agent", "agentzero"], ["accept", "text/event-stream, application/json"]];
  for (const [name, value] of given) {
    if (PASSED.has(name.toLowerCase())) headers.push([name.toLowerCase(), value]);
  }
  return headers;
}

function streamOf(rules: OriginRules, answer: HttpAnswer): Response {
  const type = answer.header("content-type").split(";")[0]?.trim().toLowerCase() ?? "";
  if (answer.status === 204 || type === "text/html" || type === "application/json") {
    answer.close();
    const what = type === "" ? "nothing" : type === "text/html" ? "a web page" : "a document";
    throw new ProviderFailure(
      "PROVIDER_PROTOCOL",
      `Cannot use "${rules.facts.provider}": ${rules.facts.where} answered with ${what} instead of a stream`,
      { hint: `check \`url\` of provider "${rules.facts.provider}" (it usually ends in /v1)` },
    );
  }
  return new Response(ReadableStream.from(answer.body()), {
    status: 200,
    headers: { "content-type": "text/event-stream" },
  });
}

async function refused(out: Outgoing, answer: HttpAnswer): Promise<ProviderFailure> {
  const { facts } = out.rules;
  const { status } = answer;
  const retryAfterMs = retryAfter(answer.header("retry-after"), out.io.now());
  const mayBeTooLong = status === 400 || status === 413 || status === 422 || status >= 500;
  let tooLong = false;
  if (mayBeTooLong) tooLong = saysTooLong(await start(answer));
  else answer.close();
  const models = status === 404 ? await out.models() : [];
  return failureOfStatus(facts, { status, retryAfterMs, tooLong, models });
}

/** The first bytes of an error body, to look for known words; a body that breaks off is as good. */
async function start(answer: HttpAnswer): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const piece of answer.body()) {
      bytes += piece.length;
      text += decoder.decode(piece, { stream: true });
      if (bytes >= MAX_ERROR_BYTES) break;
    }
  } catch {
    return text;
  }
  return text;
}

/**
 * Reads `Retry-After` (RFC 9110): seconds or a date.
 *
 * @param value The header; empty when absent.
 * @param now Wall time in ms.
 * @returns Milliseconds from now, 0 to a day, or `null`.
 */
export function retryAfter(value: string, now: number): number | null {
  const text = value.trim();
  if (text === "" || text.length > 64) return null;
  const isDate = /^[A-Z][a-z]+, .* GMT$/.test(text);
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : isDate ? Date.parse(text) - now : Number.NaN;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

function trimmed(base: URL): string {
  return base.pathname.replace(/\/+$/, "");
}
