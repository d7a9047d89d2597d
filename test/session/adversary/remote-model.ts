import type { LanguageModelV4Message, LanguageModelV4StreamPart, LanguageModelV4Usage } from "@ai-sdk/provider";
import { SessionError } from "../../../session/errors.ts";
import type { OpenModel, ScriptTurn } from "../../../session/mod.ts";
import { type ScriptedModel, scriptedModel } from "../../../session/providers/script.ts";
import type { Entry } from "./journal.ts";
import { REMOTE_HOST } from "./policies.ts";

/** A model far away that goes on with the script: the network is played, the gate before it is not. */
export function remoteModel(turns: readonly ScriptTurn[], next: number, journal: Entry[]): OpenModel {
  const target = { scheme: "https", host: REMOTE_HOST, port: 443, remote: true } as const;
  return playedModel(scriptedModel(turns, next), {
    provider: "far",
    locality: "remote",
    target,
    addresses: ["93.184.215.14"],
    contextSize: 1_000_000,
    sent: (text) => void journal.push({ kind: "sent", text }),
  });
}

/** Holds a page or so: what is older is cut before the next request. */
const SMALL_TOKENS = 1_600;

/** A model on this machine that remembers so little that old results are cut. */
export function smallModel(turns: readonly ScriptTurn[], next: number): OpenModel {
  const target = { scheme: "http", host: "127.0.0.1", port: 11_434, remote: false } as const;
  return playedModel(scriptedModel(turns, next), {
    provider: "near",
    locality: "local",
    target,
    addresses: ["127.0.0.1"],
    contextSize: SMALL_TOKENS,
    sent: () => undefined,
  });
}

function playedModel(
  script: ScriptedModel,
  of: {
    readonly provider: string;
    readonly locality: "local" | "remote";
    readonly target: {
      readonly scheme: "http" | "https";
      readonly host: string;
      readonly port: number;
      readonly remote: boolean;
    };
    readonly addresses: readonly string[];
    readonly contextSize: number;
    sent(text: string): void;
  },
): OpenModel {
  const { provider, locality, target, addresses, contextSize } = of;
  const { scheme, host, port } = target;
  return {
    provider,
    name: "model",
    locality,
    where: `${host}:${port}`,
    target,
    contextSize,
    key: null,
    position: () => script.position(),
    reportedContext: () => Promise.resolve(null),
    async connect(attempt) {
      const request = { url: `${scheme}://${host}:${port}/v1`, scheme, host, port, method: "POST", bytes: 1, hop: 0 };
      await attempt.admit({ ...request, addresses: null });
      await attempt.admit({ ...request, addresses });
      const { model } = script;
      return {
        ...model,
        doGenerate: () => Promise.reject(new SessionError("PROVIDER_PROTOCOL", "never asked so")),
        async doStream(options) {
          of.sent(JSON.stringify(options.prompt));
          const { stream } = await model.doStream({ ...options, prompt: options.prompt.map(unwrapped) });
          return { stream: stream.pipeThrough(uncounted()) };
        },
      };
    },
  };
}

// Whoever copies what it was given leaves out the marks around it: they are masked wherever they turn up.
function unwrapped(message: LanguageModelV4Message): LanguageModelV4Message {
  if (message.role !== "tool") return message;
  const content = message.content.map((part) => {
    if (part.type !== "tool-result" || !("value" in part.output) || typeof part.output.value !== "string") return part;
    const plain = part.output.value.replace(/^<<az-data:[^\n]*\n/u, "").replace(/\n<<az-end:[^\n]*\n?$/u, "");
    return { ...part, providerOptions: { agentzero: { plain } } };
  });
  return { ...message, content };
}

// A model that runs elsewhere does not say that it took nothing.
function uncounted(): TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart> {
  return new TransformStream({
    transform(part, stream): void {
      stream.enqueue(part.type === "finish" ? { ...part, usage: UNCOUNTED } : part);
    },
  });
}

const UNCOUNTED: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};
