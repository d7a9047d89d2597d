import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { FetchFunction } from "./model-fetch.ts";
import { NO_KEY } from "./openai-compatible.ts";

/**
 * Makes a model of the Anthropic kind (Messages API). Loads the package on first use.
 *
 * @param options Base URL, model id and the `fetch` of one attempt.
 * @returns The model.
 */
export async function anthropic(
  options: { readonly baseUrl: string; readonly model: string; readonly fetch: FetchFunction },
): Promise<LanguageModelV4> {
  const { createAnthropic } = await import("@ai-sdk/anthropic");
  // Both are always given: if either is missing the package reads the environment.
  const provider = createAnthropic({ baseURL: options.baseUrl, apiKey: NO_KEY, fetch: options.fetch });
  return provider.languageModel(options.model);
}
