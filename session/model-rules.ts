import type { DecidedAction } from "./approve.ts";
import type { OpenModel } from "./providers/model.ts";

/**
 * Writes the rules that would allow a model call that no rule allows: the narrowest that let a conversation through.
 *
 * @param model The open model.
 * @param decided The model call and the use of its key, as they were decided.
 * @returns Lines to put under `rules`, or `null` where something else than a missing rule refused.
 */
export function rulesForModel(model: OpenModel, decided: readonly DecidedAction[]): string | null {
  const denied = decided.filter(({ verdict }) => verdict.decision === "deny");
  if (denied.length === 0 || denied.some(({ verdict }) => verdict.rule !== null)) return null;
  const rules = denied.flatMap(({ action: { capability } }) => {
    if (capability === "model_call") return [modelRule(model)];
    return model.key === null ? [] : [keyRule(model, model.key.handle)];
  });
  return rules.length === 0 ? null : rules.join("\n");
}

function modelRule({ provider, target: { host, remote } }: OpenModel): string {
  const where = host === null || !remote ? "" : `, hosts: [${JSON.stringify(host)}]`;
  // What leaves the machine loses personal data, too.
  const what = remote
    ? "classification: [public, internal, private], redact: [pii, secret, credential]"
    : "redact: [secret, credential]";
  return `- { id: ${provider}-model, effect: allow_with_redaction, capability: model_call, remote: ${remote}${where}, ${what} }`;
}

function keyRule({ provider, target: { host } }: OpenModel, handle: string): string {
  const where = host === null ? "" : `, hosts: [${JSON.stringify(host)}]`;
  return `- { id: ${provider}-key, effect: allow, capability: secret_handle_usage, secrets: [${
    JSON.stringify(handle)
  }]${where} }`;
}
