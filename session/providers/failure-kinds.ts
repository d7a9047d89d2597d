import { type ProviderFacts, ProviderFailure } from "./provider-failure.ts";

// What servers say about themselves in different ways, as one failure each. `said` is a sentence of ours about who
// said it and how, e.g. "127.0.0.1:11434 answered 404".

/** The conversation does not fit the context of the model. */
export function tooLong(facts: ProviderFacts, said: string): ProviderFailure {
  return new ProviderFailure(
    "PROVIDER_CONTEXT",
    `Cannot ask "${facts.model}": ${said}, the conversation is too long for it`,
    {
      hint: "shorten it with /compact, start anew with /new, or choose a model with a larger context",
    },
  );
}

/** The server does not accept the key, or wants one. */
export function noAccess(facts: ProviderFacts, said: string): ProviderFailure {
  return new ProviderFailure("PROVIDER_AUTH", `Cannot use "${facts.provider}": ${said}, it does not accept the key`, {
    hint: facts.key
      ? `store a valid key with \`agentzero vault set HANDLE --update\` for the handle in \`key\` of provider "${facts.provider}"`
      : `store a key with \`agentzero vault set HANDLE\` and name the handle as \`key\` of provider "${facts.provider}"`,
  });
}

/** The server has no model of that name. */
export function noModel(facts: ProviderFacts, said: string, models: readonly string[]): ProviderFailure {
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

/** The server is busy or broken; another try may help. */
export function busy(facts: ProviderFacts, said: string, retryAfterMs: number | null): ProviderFailure {
  return new ProviderFailure("PROVIDER_BUSY", `Cannot ask "${facts.provider}": ${said}, it is busy or broken`, {
    hint: "try again later, or choose another provider with --provider",
    transient: true,
    retryAfterMs,
  });
}

/** The server wants fewer requests; another try may help, later. */
export function tooMany(facts: ProviderFacts, said: string, retryAfterMs: number | null): ProviderFailure {
  const seconds = Math.ceil((retryAfterMs ?? 0) / 1_000);
  const wait = seconds <= 0 ? "try again later" : `try again in ${seconds} s`;
  return new ProviderFailure("PROVIDER_RATE", `Cannot ask "${facts.provider}": ${said}, too many requests or tokens`, {
    hint: wait,
    transient: true,
    retryAfterMs,
  });
}
