import type { Http } from "../http.ts";
import type { ModelChoice, OpenModel } from "./model.ts";

/** Models inside this process forget nothing and cost nothing: no conversation is too long for them. */
const UNLIMITED_CONTEXT = 1_000_000;
const HERE = { scheme: null, host: null, port: null, remote: false } as const;

/**
 * Opens the model of a choice. Nothing is sent or connected; a kind is loaded when it is chosen, the AI SDK packages
 * by the first attempt.
 *
 * @example
 * ```ts
 * const open = await openModel({ kind: "openai-compatible", id: "ollama", url: "http://127.0.0.1:11434/v1", model: "llama3.2" }, { http });
 * for await (const part of streamModel(open, request, io)) show(part);
 * ```
 * @param choice Kind, and what that kind needs.
 * @param deps The network adapter.
 * @returns The model.
 * @throws {SessionError} `SCRIPT_NOT_FOUND`, `SCRIPT_INVALID`, `CONFIG_INVALID` for an address or name that cannot be used.
 */
export async function openModel(choice: ModelChoice, deps: { readonly http: Http }): Promise<OpenModel> {
  switch (choice.kind) {
    case "builtin":
      return {
        ...inProcess("builtin"),
        position: () => null,
        connect: async () => (await import("./builtin.ts")).builtinModel(),
      };
    case "script": {
      const { loadScript, scriptedModel } = await import("./script.ts");
      const turns = typeof choice.script === "string" ? await loadScript(choice.script) : choice.script;
      const script = scriptedModel(turns, choice.next);
      return {
        ...inProcess("script"),
        position: () => script.position(),
        connect: () => Promise.resolve(script.model),
      };
    }
    case "openai-compatible":
    case "anthropic":
      return (await import("./over-http.ts")).overHttp(choice, deps.http);
    default:
      return choice satisfies never;
  }
}

function inProcess(name: "builtin" | "script"): Omit<OpenModel, "position" | "connect"> {
  return {
    provider: name,
    name,
    locality: "builtin",
    where: "this process",
    target: HERE,
    contextSize: UNLIMITED_CONTEXT,
    key: null,
    reportedContext: () => Promise.resolve(null),
  };
}
