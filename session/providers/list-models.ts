import type { Http } from "../http.ts";
import { targetOf } from "../http/target.ts";
import type { OriginRules } from "./model-fetch.ts";
import type { ModelAttempt, ModelIo } from "./model.ts";

/** A model that a server says it has. */
export interface ListedModel {
  readonly id: string;
  /** Context size in tokens, or `null` when the server does not say. */
  readonly context: number | null;
}

const MAX_BYTES = 2 * 1_048_576;
const MAX_MODELS = 1_000;
const PATIENCE_MS = 5_000;
/** Names end up in messages and menus: untrusted text that must not be able to say anything. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,95}$/;
/** Fields in which servers tell the size that a conversation may really have. */
const CONTEXT_FIELDS = [
  "max_model_len",
  "loaded_context_length",
  "context_length",
  "context_window",
  "max_context_length",
  "max_input_tokens",
  "n_ctx",
] as const;

/**
 * Asks a server for its models (`GET /models`), within an attempt that was admitted.
 *
 * @param http The network adapter.
 * @param rules Where the provider may go.
 * @param call The attempt and its bounds.
 * @returns The models with plain names; empty when the server does not say. Never rejects.
 */
export async function listModels(
  http: Http,
  rules: OriginRules,
  call: { readonly attempt: ModelAttempt; readonly io: ModelIo },
): Promise<readonly ListedModel[]> {
  const { attempt, io } = call;
  try {
    const answer = await http.exchange(
      {
        method: "GET",
        target: targetOf(`${rules.base.href.replace(/\/+$/, "")}/models`),
        headers: [["user-agent", "agentzero"], ["accept", "application/json"], ["anthropic-version", "2023-06-01"]],
        body: null,
        hop: 0,
      },
      {
        signal: io.signal,
        limits: {
          ...rules.limits,
          firstByteMs: PATIENCE_MS,
          silenceMs: PATIENCE_MS,
          maxBytes: MAX_BYTES,
          maxLineBytes: null,
        },
        loopbackOnly: rules.loopbackOnly,
        admit: (request) => attempt.admit(request),
        credential: () => attempt.credential(),
      },
    );
    if (answer.status !== 200) {
      answer.close();
      return [];
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.body()) pieces.push(piece);
    return readModels(JSON.parse(Buffer.concat(pieces).toString("utf8")));
  } catch {
    // Only for a hint or a number: what it would have told is not worth a failure.
    return [];
  }
}

/**
 * Reads a list of models as OpenAI-compatible servers, Anthropic and Ollama give it.
 *
 * @param value Decoded JSON, untrusted.
 * @returns At most 1,000 models whose names are plain.
 */
export function readModels(value: unknown): readonly ListedModel[] {
  const list = field(value, "data") ?? field(value, "models");
  if (!Array.isArray(list)) return [];
  const models: ListedModel[] = [];
  for (const entry of list.slice(0, MAX_MODELS)) {
    const id = field(entry, "id") ?? field(entry, "name");
    if (typeof id === "string" && PLAIN_NAME.test(id)) models.push({ id, context: contextOf(entry) });
  }
  return models;
}

function contextOf(entry: unknown): number | null {
  for (const place of [entry, field(entry, "meta")]) {
    for (const name of CONTEXT_FIELDS) {
      const size = field(place, name);
      // Threat: a size that makes the engine keep everything, or nothing.
      if (typeof size === "number" && Number.isInteger(size) && size >= 1_024 && size <= 10_000_000) return size;
    }
  }
  return null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
