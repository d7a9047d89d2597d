import {
  type AgentZeroError,
  createIds,
  type Digest,
  loadSodium,
  type Random,
  SecretBytes,
  type Timers,
} from "../../core/mod.ts";
import { createPermits } from "../../policy/mod.ts";
import type { OutgoingRequest } from "../../session/http.ts";
import type { AttemptOutcome, ModelIo, ModelPart, OpenModel, StreamLimits } from "../../session/providers/model.ts";
import type { ModelRequest } from "../../session/providers/model.ts";
import { streamModel } from "../../session/providers/stream-model.ts";
import { systemClock } from "../../cli/system/clock.ts";
import { systemTimers } from "../../cli/system/timers.ts";

/** A gate for model calls that writes down what it was asked. */
export interface RecordedModelIo extends ModelIo {
  readonly admitted: readonly OutgoingRequest[];
  readonly outcomes: readonly AttemptOutcome[];
  readonly digests: readonly Digest[];
}

/** Random bytes that are always in the middle, so that backoff has no jitter. */
export const middleRandom: Random = { bytes: (count) => new Uint8Array(count).fill(128) };

/** Creates such a gate. */
export async function createModelIo(
  options: {
    readonly timers?: Timers;
    readonly signal?: AbortSignal;
    readonly limits?: Partial<StreamLimits>;
    readonly key?: string;
    readonly inject?: string;
    readonly admit?: (request: OutgoingRequest) => Promise<void>;
    readonly attempt?: (number: number) => Promise<void>;
  } = {},
): Promise<RecordedModelIo> {
  await loadSodium();
  const permits = createPermits(systemClock);
  const ids = createIds(systemClock, middleRandom);
  const admitted: OutgoingRequest[] = [];
  const outcomes: AttemptOutcome[] = [];
  const digests: Digest[] = [];
  return {
    admitted,
    outcomes,
    digests,
    signal: options.signal ?? new AbortController().signal,
    timers: options.timers ?? systemTimers,
    random: middleRandom,
    now: () => Date.UTC(2025, 0, 1),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    async attempt(number, digest) {
      await options.attempt?.(number);
      digests.push(digest);
      return {
        permit: permits.mint({ call: ids.next("call"), intent: number, digest, tier: "host-supervised" }),
        tier: "host-supervised",
        permits,
        async admit(request) {
          admitted.push(request);
          await options.admit?.(request);
        },
        credential: () =>
          Promise.resolve(
            options.key === undefined ? null : {
              inject: options.inject ?? "bearer",
              format: null,
              reveal: () => Promise.resolve(new SecretBytes(Buffer.from(options.key ?? ""))),
            },
          ),
        end(outcome) {
          outcomes.push(outcome);
          return Promise.resolve();
        },
      };
    },
  };
}

/** A request with one line of the person. */
export function ask(text: string): ModelRequest {
  return {
    messages: [{ role: "system", text: "You are a test." }, { role: "user", texts: [text] }],
    tools: [{
      name: "read",
      description: "Reads a file.",
      inputSchema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
    }],
    maxOutputTokens: 512,
  };
}

/** Everything a reply consisted of, or the error it ended with. */
export interface Collected {
  readonly text: string;
  readonly thought: string;
  readonly calls: readonly Extract<ModelPart, { kind: "call" }>[];
  readonly finish: Extract<ModelPart, { kind: "finish" }> | null;
  readonly error: AgentZeroError | null;
}

/** Streams a reply to its end. */
export async function collect(open: OpenModel, request: ModelRequest, io: ModelIo): Promise<Collected> {
  const parts: ModelPart[] = [];
  let error: AgentZeroError | null = null;
  try {
    for await (const part of streamModel(open, request, io)) parts.push(part);
  } catch (thrown) {
    error = thrown as AgentZeroError;
  }
  return {
    text: parts.map((part) => (part.kind === "text" ? part.delta : "")).join(""),
    thought: parts.map((part) => (part.kind === "thought" ? part.delta : "")).join(""),
    calls: parts.filter((part) => part.kind === "call"),
    finish: parts.find((part) => part.kind === "finish") ?? null,
    error,
  };
}
