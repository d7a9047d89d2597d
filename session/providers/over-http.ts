import { SessionError } from "../errors.ts";
import type { Http } from "../http.ts";
import { hostPort, type HttpTarget, isLoopback, targetOf } from "../http/target.ts";
import { listModels } from "./list-models.ts";
import type { ProviderFacts } from "./provider-failure.ts";
import { modelFetch, type OriginRules } from "./model-fetch.ts";
import type { ModelAttempt, ModelIo, OpenModel, RemoteChoice } from "./model.ts";
import { streamLimits } from "./stream-limits.ts";

const CONNECT_MS = 10_000;
/** A token of two letters is some 250 bytes on the wire: the reply itself is bounded where it is read. */
const MAX_WIRE_BYTES = 64 * 1_048_576;
/** Models named in a hint. */
const MAX_NAMED = 10;

/**
 * Opens a model that is reached over HTTP. Nothing is sent or connected.
 *
 * @param choice Address, model, and the handle of its key.
 * @param http The network adapter.
 * @returns The model.
 * @throws {SessionError} `CONFIG_INVALID` for an address or name that cannot be used.
 */
export function overHttp(choice: RemoteChoice, http: Http): OpenModel {
  const target = endpointOf(choice);
  const local = isLoopback(target.host);
  const where = hostPort(target);
  const facts: ProviderFacts = {
    provider: choice.id,
    model: choice.model,
    where,
    port: target.port,
    local,
    key: (choice.key ?? null) !== null,
  };
  const baseUrl = target.url.href.replace(/\/+$/, "");

  function rulesFor(io: ModelIo): OriginRules {
    const { firstByteMs, silenceMs, maxLineBytes } = streamLimits(local, io.limits);
    return {
      base: target.url,
      loopbackOnly: local,
      facts,
      limits: { connectMs: CONNECT_MS, firstByteMs, silenceMs, maxBytes: MAX_WIRE_BYTES, maxLineBytes },
    };
  }
  function list(attempt: ModelAttempt, io: ModelIo): ReturnType<typeof listModels> {
    return listModels(http, rulesFor(io), { attempt, io });
  }

  return {
    provider: choice.id,
    name: choice.model,
    locality: local ? "local" : "remote",
    where,
    target: { scheme: target.scheme, host: target.host, port: target.port, remote: !local },
    contextSize: choice.context ?? null,
    key: facts.key
      ? { handle: choice.key ?? "", inject: choice.kind === "anthropic" ? "header:x-api-key" : "bearer" }
      : null,
    position: () => null,
    async connect(attempt, io) {
      async function models(): Promise<readonly string[]> {
        return (await list(attempt, io)).slice(0, MAX_NAMED).map(({ id }) => id);
      }
      const fetch = modelFetch({ http, rules: rulesFor(io), attempt, io, models });
      const options = { baseUrl, model: choice.model, fetch };
      return choice.kind === "anthropic"
        ? (await import("./anthropic.ts")).anthropic(options)
        : (await import("./openai-compatible.ts")).openAiCompatible(options);
    },
    async reportedContext(attempt, io) {
      return (await list(attempt, io)).find(({ id }) => id === choice.model)?.context ?? null;
    },
  };
}

function endpointOf(choice: RemoteChoice): HttpTarget {
  let target: HttpTarget;
  try {
    target = targetOf(choice.url);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^Cannot [^:]*: /, "") : "it is not an address";
    throw invalid(choice, `\`url\`: ${why}`);
  }
  if (target.url.search !== "") throw invalid(choice, "`url` has a query");
  if (choice.model === "" || choice.model.length > 256 || !/^[\x21-\x7e]+$/.test(choice.model)) {
    throw invalid(choice, "the model's name must be 1 to 256 printable ASCII characters");
  }
  return target;
}

function invalid(choice: RemoteChoice, why: string): SessionError {
  return new SessionError("CONFIG_INVALID", `Cannot use provider "${choice.id}": ${why}`, {
    hint: "mend it under `providers` in config.yml",
  });
}
