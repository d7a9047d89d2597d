import { parseAddress } from "../../policy/mod.ts";
import type { CallFailure } from "../call.ts";
import type { HttpTarget } from "../http/target.ts";
import type { SourceCredential } from "./source-actions.ts";

/**
 * Says what to do about the refusal of a source: a registry is rarely in the rules before its first use, and nothing
 * about it can be answered by a flag.
 *
 * @param failure Why the request was refused.
 * @param of What was done, where it led and what would have gone along.
 * @returns The failure, with another hint when it came from policy.
 */
export function withRuleHint(
  failure: CallFailure,
  of: { readonly tool: string; readonly target: HttpTarget; readonly secret: SourceCredential | null },
): CallFailure {
  if (failure.code === "APPROVAL_NOBODY") {
    return { ...failure, hint: "run it at a terminal, where you are asked, or let that rule `allow` it" };
  }
  if (!failure.code.startsWith("POLICY_")) return failure;
  const { host, port } = of.target;
  const bytes = parseAddress(host);
  const place = bytes === null ? `hosts: [${host}]` : `cidr: ["${host}/${bytes.length * 8}"]`;
  const methods = of.tool === "skill push" ? "[GET, HEAD, POST, PUT]" : "[GET, HEAD]";
  const rules = [
    `{ id: skills, effect: requires_approval, capability: network_request, ${place}, ports: [${port}], methods: ${methods} }`,
    ...(of.secret === null ? [] : [
      `{ id: skills-key, effect: requires_approval, capability: secret_handle_usage, secrets: ["${of.secret.handle}"], ` +
      `inject: ["${of.secret.inject}"], ${place} }`,
    ]),
  ];
  const lines = rules.map((rule) => `- ${rule}`).join(" and ");
  return {
    ...failure,
    hint: `to be asked about it, add below \`rules:\` in .agentzero/policy.yml: ${lines}  then: agentzero policy trust`,
  };
}
