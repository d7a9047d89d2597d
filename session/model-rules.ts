import type { Verdict } from "../core/mod.ts";
import { formatAddress, parseAddress } from "../policy/mod.ts";
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
  if (denied.length === 0 || !denied.every(({ verdict }) => isMissingRule(verdict))) return null;
  const rules = denied.flatMap(({ action: { capability } }) => {
    if (capability === "model_call") return [modelRule(model)];
    return model.key === null ? [] : [keyRule(model, model.key.handle)];
  });
  return rules.length === 0 ? null : rules.join("\n");
}

/** Nothing said no: no rule matched, or none that names an address the way it must be named. */
function isMissingRule({ rule, reason }: Verdict): boolean {
  return rule === null || (rule === "floor.address" && reason.includes("`cidr`"));
}

function modelRule({ provider, target: { host, remote } }: OpenModel): string {
  const where = remote ? place(host) : "";
  // What leaves the machine loses personal data, too.
  const what = remote
    ? "classification: [public, internal, private], redact: [pii, secret, credential]"
    : "redact: [secret, credential]";
  return `- { id: ${provider}-model, effect: allow_with_redaction, capability: model_call, remote: ${remote}${where}, ${what} }`;
}

function keyRule({ provider, target: { host } }: OpenModel, handle: string): string {
  return `- { id: ${provider}-key, effect: allow, capability: secret_handle_usage, secrets: [${
    JSON.stringify(handle)
  }]${place(host)} }`;
}

/** An address is no name: a rule says it as a network of one. */
function place(host: string | null): string {
  if (host === null) return "";
  const bytes = parseAddress(host);
  if (bytes === null) return `, hosts: [${JSON.stringify(host)}]`;
  return `, cidr: [${JSON.stringify(`${formatAddress(bytes)}/${bytes.length * 8}`)}]`;
}
