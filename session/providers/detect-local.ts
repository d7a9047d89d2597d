import type { Timers } from "../../core/mod.ts";
import type { Http } from "../http.ts";
import { targetOf } from "../http/target.ts";
import { readModels } from "./list-models.ts";

/** A model server that answered on this machine. It is a proposal: any local user may listen on these ports. */
export interface LocalServer {
  /** `ollama`, `llama.cpp`, `lmstudio` or `vllm`: what usually listens there. */
  readonly id: string;
  /** Where it listens. */
  readonly port: number;
  /** Base URL for the configuration. */
  readonly url: string;
  /** Names of its models that are plain enough to show; may be empty. */
  readonly models: readonly string[];
}

/** What is looked for, in the order it is proposed. */
export const LOCAL_SERVERS: readonly { readonly id: string; readonly port: number; readonly path: string }[] = [
  { id: "ollama", port: 11434, path: "/api/tags" },
  { id: "llama.cpp", port: 8080, path: "/v1/models" },
  { id: "lmstudio", port: 1234, path: "/v1/models" },
  { id: "vllm", port: 8000, path: "/v1/models" },
];

const PATIENCE_MS = 300;
const MAX_BYTES = 65_536;
const MAX_MODELS = 50;

/**
 * Looks for model servers on 127.0.0.1: one GET each, in parallel, at most 300 ms and 64 KiB. Nothing is sent but the
 * request line, nothing leaves the machine.
 *
 * @param deps Network adapter, timers, a signal, and for tests other ports.
 * @returns The servers that answered with a list of models. Never rejects.
 */
export async function detectLocal(
  deps: {
    readonly http: Http;
    readonly timers: Timers;
    readonly signal?: AbortSignal | undefined;
    readonly servers?: typeof LOCAL_SERVERS | undefined;
  },
): Promise<readonly LocalServer[]> {
  const stop = new AbortController();
  const rest = deps.timers.after(PATIENCE_MS, () => stop.abort());
  const signal = deps.signal === undefined ? stop.signal : AbortSignal.any([deps.signal, stop.signal]);
  try {
    const found = await Promise.all(
      (deps.servers ?? LOCAL_SERVERS).map((server) => probe(deps.http, server, signal)),
    );
    return found.filter((server) => server !== null);
  } finally {
    rest();
  }
}

async function probe(
  http: Http,
  server: (typeof LOCAL_SERVERS)[number],
  signal: AbortSignal,
): Promise<LocalServer | null> {
  try {
    const answer = await http.exchange(
      {
        method: "GET",
        target: targetOf(`http://127.0.0.1:${server.port}${server.path}`),
        headers: [["user-agent", "agentzero"], ["accept", "application/json"]],
        body: null,
        hop: 0,
      },
      {
        signal,
        limits: {
          connectMs: PATIENCE_MS,
          firstByteMs: PATIENCE_MS,
          silenceMs: PATIENCE_MS,
          maxBytes: MAX_BYTES,
          maxLineBytes: null,
        },
        loopbackOnly: true,
        // Fixed loopback addresses without any content: nothing for policy to decide.
        admit: () => Promise.resolve(),
        credential: () => Promise.resolve(null),
      },
    );
    if (answer.status !== 200) {
      answer.close();
      return null;
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.body()) pieces.push(piece);
    const value: unknown = JSON.parse(Buffer.concat(pieces).toString("utf8"));
    if (!isModelList(value)) return null;
    const models = readModels(value).slice(0, MAX_MODELS).map(({ id }) => id);
    return { id: server.id, port: server.port, url: `http://127.0.0.1:${server.port}/v1`, models };
  } catch {
    // Nobody there, somebody else there, or too slow: all mean "not found".
    return null;
  }
}

/** Something else may well listen on 8080. */
function isModelList(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ("models" in value && Array.isArray(value.models)) || ("data" in value && Array.isArray(value.data));
}
