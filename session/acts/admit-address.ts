import type { AtomicAction } from "../../core/mod.ts";
import type { GateDeps } from "../deps.ts";
import { SessionError } from "../errors.ts";
import type { OutgoingRequest } from "../http/target.ts";

/**
 * Decides a request again with the addresses that its name has.
 *
 * Threat: a name that was allowed and leads inside, or an ask that only the address brings up: it was in no question.
 *
 * @param deps Decides.
 * @param network The action that was decided by name.
 * @param outgoing The request, with its addresses.
 * @returns Rejects with {@link SessionError} `POLICY_DENY` when it is denied, or when something new would be asked.
 */
export function admitAddress(
  deps: Pick<GateDeps, "policy">,
  network: AtomicAction,
  outgoing: OutgoingRequest,
): Promise<void> {
  if (outgoing.addresses === null || network.target.kind !== "network") return Promise.resolve();
  const before = deps.policy.decide(network);
  const now = deps.policy.decide({ ...network, target: { ...network.target, addresses: outgoing.addresses } });
  const asked = new Set((before.approval?.asks ?? []).map(({ rule, layer }) => `${layer}/${rule}`));
  const fresh = now.granted === null
    ? (now.approval?.asks ?? []).find(({ rule, layer }) => !asked.has(`${layer}/${rule}`))
    : undefined;
  if (now.decision !== "deny" && fresh === undefined) return Promise.resolve();
  const why = now.decision === "deny"
    ? `policy denies its address (${now.rule ?? "no rule allows it"})`
    : `with its address it needs approval (rule "${fresh?.rule ?? ""}")`;
  return Promise.reject(
    new SessionError("POLICY_DENY", `Cannot reach ${outgoing.host}: ${why}`, {
      hint: `agentzero policy explain network_request --url ${outgoing.url}`,
    }),
  );
}
