import { type AgentZeroError, b2, type Digest, type Random } from "../../core/mod.ts";
import { SessionError } from "../errors.ts";
import { failureOf } from "./failure-of.ts";
import { type ProviderFacts, ProviderFailure } from "./provider-failure.ts";
import type { ModelAttempt, ModelIo, ModelPart, ModelRequest, OpenModel } from "./model.ts";
import { type PartReader, startParts } from "./read-parts.ts";
import { streamLimits } from "./stream-limits.ts";
import { toFunctionTools, toPrompt } from "./to-prompt.ts";

const MAX_ATTEMPTS = 3;
const BASE_DELAY_MS = 500;
const MAX_RETRY_AFTER_MS = 30_000;

/**
 * Asks a model and streams its reply. Every attempt goes through the gate; a further one is made only before the first
 * part, for failures that come and go, at most twice.
 *
 * Calls are held back until the reply has ended as it should, so that nothing of a reply that was cut ever runs.
 *
 * @param open The model.
 * @param request Messages and tools, masked and wrapped.
 * @param io The gate, timers, the signal.
 * @returns Parts in order; the last one is `finish`. Leaving the loop early closes the connection.
 * @throws {AgentZeroError} `PROVIDER_*`, `CANCELLED`, and what the gate throws.
 */
export async function* streamModel(
  open: OpenModel,
  request: ModelRequest,
  io: ModelIo,
): AsyncGenerator<ModelPart, void, undefined> {
  const digest = digestRequest(open, request);
  const facts = factsOf(open);
  for (let number = 0;; number++) {
    const attempt = await io.attempt(number, digest);
    const run: Run = { open, request, io, attempt, digest, facts };
    const reader = startParts(facts, streamLimits(open.locality !== "remote", io.limits).maxReplyBytes);
    const failure = yield* runOnce(run, reader, number);
    if (failure === null) return;
    await pause(io, delayMs(failure, number, io.random), facts);
  }
}

/**
 * Digests what a model call sends, for its permit and its record.
 *
 * @param open The model.
 * @param request The request.
 * @returns BLAKE2b-256 over model and request.
 */
export function digestRequest(open: OpenModel, request: ModelRequest): Digest {
  return b2(JSON.stringify(["az/model/1", open.provider, open.name, open.target, request]));
}

interface Run {
  readonly open: OpenModel;
  readonly request: ModelRequest;
  readonly io: ModelIo;
  readonly attempt: ModelAttempt;
  readonly digest: Digest;
  readonly facts: ProviderFacts;
}

/** Makes one attempt; returns the failure if another one may follow, throws any other. */
async function* runOnce(
  run: Run,
  reader: PartReader,
  number: number,
): AsyncGenerator<ModelPart, ProviderFailure | null, undefined> {
  const control = new AbortController();
  function cancel(): void {
    control.abort();
  }
  run.io.signal.addEventListener("abort", cancel, { once: true });
  let started = false;
  let error: AgentZeroError | null = new SessionError(
    "CANCELLED",
    `Cannot finish the reply of "${run.facts.provider}": it was not read`,
  );
  let retried = false;
  try {
    if (run.io.signal.aborted) throw cancelled(run.facts);
    for await (const part of attemptParts(run, reader, control.signal)) {
      started = true;
      // The reply is whole: whoever leaves the loop here has read all of it.
      if (part.kind === "finish") error = null;
      yield part;
    }
    error = null;
    return null;
  } catch (thrown) {
    error = run.io.signal.aborted ? cancelled(run.facts) : failureOf(run.facts, thrown);
    retried = !started && number + 1 < MAX_ATTEMPTS && mayRetry(error);
    if (retried && error instanceof ProviderFailure) return error;
    throw error;
  } finally {
    run.io.signal.removeEventListener("abort", cancel);
    control.abort();
    await run.attempt.end({ error, usage: reader.usage, bytes: reader.bytes, retried });
  }
}

async function* attemptParts(
  run: Run,
  reader: PartReader,
  signal: AbortSignal,
): AsyncGenerator<ModelPart, void, undefined> {
  const { open, request, io, attempt } = run;
  // Threat: a model call that nobody decided. Nothing else comes before this line.
  attempt.permits.spend(attempt.permit, run.digest, attempt.tier);
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(cancelled(run.facts)), { once: true });
  });
  // Without a reader of its own the rejection would count as unhandled.
  ended.catch(() => undefined);
  const model = await Promise.race([open.connect(attempt, { ...io, signal }), ended]);
  const { stream } = await Promise.race([
    model.doStream({
      prompt: toPrompt(request.messages, open.locality),
      ...(request.tools.length === 0 ? {} : { tools: toFunctionTools(request.tools) }),
      ...(request.maxOutputTokens === null ? {} : { maxOutputTokens: request.maxOutputTokens }),
      abortSignal: signal,
    }),
    ended,
  ]);
  const parts = stream.getReader();
  try {
    while (!reader.finished) {
      const next = await Promise.race([parts.read(), ended]);
      if (next.done) {
        throw new ProviderFailure(
          "PROVIDER_STREAM",
          `Cannot read the reply of "${run.facts.provider}": it broke off in the middle`,
        );
      }
      yield* reader.push(next.value);
    }
  } finally {
    parts.cancel().catch(() => undefined);
  }
}

function mayRetry(error: AgentZeroError): boolean {
  if (!(error instanceof ProviderFailure) || !error.transient) return false;
  // A server that wants a longer pause is not asked again: the person decides.
  return error.retryAfterMs === null || error.retryAfterMs <= MAX_RETRY_AFTER_MS;
}

/** 0.5 s, then 1 s, a quarter more or less so that many clients do not come back at once; or what the server wants. */
function delayMs(failure: ProviderFailure, number: number, random: Random): number {
  if (failure.retryAfterMs !== null) return failure.retryAfterMs;
  const jitter = (random.bytes(1)[0] ?? 128) / 255;
  return Math.round(BASE_DELAY_MS * 2 ** number * (0.75 + jitter / 2));
}

function pause(io: ModelIo, ms: number, facts: ProviderFacts): Promise<void> {
  return new Promise((resolve, reject) => {
    function leave(): void {
      stop();
      reject(cancelled(facts));
    }
    const stop = io.timers.after(ms, () => {
      io.signal.removeEventListener("abort", leave);
      resolve();
    });
    if (io.signal.aborted) leave();
    else io.signal.addEventListener("abort", leave, { once: true });
  });
}

function cancelled(facts: ProviderFacts): SessionError {
  return new SessionError("CANCELLED", `Cannot finish the reply of "${facts.provider}": it was cancelled`);
}

function factsOf(open: OpenModel): ProviderFacts {
  return {
    provider: open.provider,
    model: open.name,
    where: open.where,
    port: open.target.port,
    local: open.locality !== "remote",
    key: open.key !== null,
  };
}
