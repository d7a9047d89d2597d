import type { HttpFault } from "../http/fault.ts";
import { type ProviderFacts, ProviderFailure } from "./provider-failure.ts";

/** How the servers we know are started, by their usual port. */
const START: ReadonlyMap<number, string> = new Map([
  [11434, "ollama serve"],
  [8080, "llama-server -m MODEL.gguf --port 8080"],
  [1234, "lms server start"],
  [8000, "vllm serve MODEL"],
]);

/**
 * Says what a failure on the way to a model server means.
 *
 * @param facts Whom it is about.
 * @param fault What the network adapter saw.
 * @returns The failure; `PROVIDER_UNREACHABLE` names how the server is started.
 */
export function failureOfFault(facts: ProviderFacts, fault: HttpFault): ProviderFailure {
  const { why } = fault;
  switch (fault.fault) {
    case "name":
    case "connect":
      return new ProviderFailure("PROVIDER_UNREACHABLE", `Cannot reach "${facts.provider}" at ${facts.where}: ${why}`, {
        hint: startHint(facts),
        transient: true,
      });
    case "tls":
    case "place":
      return new ProviderFailure("PROVIDER_UNREACHABLE", `Cannot reach "${facts.provider}" at ${facts.where}: ${why}`, {
        hint: `check \`url\` of provider "${facts.provider}"`,
      });
    case "protocol":
      return new ProviderFailure("PROVIDER_PROTOCOL", `Cannot use "${facts.provider}" at ${facts.where}: ${why}`);
    case "first-byte":
    case "silence":
    case "total":
    case "size":
    case "line":
    case "cut":
      return new ProviderFailure("PROVIDER_STREAM", `Cannot read the reply of "${facts.provider}": ${why}`);
    default:
      return fault.fault satisfies never;
  }
}

function startHint(facts: ProviderFacts): string {
  if (!facts.local) return `check the network and \`url\` of provider "${facts.provider}"`;
  const command = facts.port === null ? undefined : START.get(facts.port);
  return command === undefined
    ? `start the server that listens at ${facts.where}, or choose another with --provider`
    : `start it: ${command}`;
}
