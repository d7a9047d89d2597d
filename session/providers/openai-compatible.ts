import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { FetchFunction } from "./model-fetch.ts";

/**
 * Stands in for the key in every request a package builds; the transport drops it and sets the real one. Without a
 * value the packages would look for a key in the environment.
 */
export const NO_KEY = "set-by-transport";

/**
 * Makes a model of the OpenAI-compatible kind: Ollama, llama.cpp, vLLM, LM Studio and most others. Loads the package
 * on first use.
 *
 * @param options Base URL, model id and the `fetch` of one attempt.
 * @returns The model.
 */
export async function openAiCompatible(
  options: { readonly baseUrl: string; readonly model: string; readonly fetch: FetchFunction },
): Promise<LanguageModelV4> {
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const provider = createOpenAICompatible({
    name: "agentzero",
    baseURL: options.baseUrl,
    apiKey: NO_KEY,
    includeUsage: true,
    fetch: options.fetch,
  });
  return provider.chatModel(options.model);
}
