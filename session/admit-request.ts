import type { AtomicAction, RuleRef, Verdict } from "../core/mod.ts";
import { authorize } from "./authorize.ts";
import { SessionError } from "./errors.ts";
import type { Admission, HttpSpec, OutgoingRequest } from "./http.ts";
import type { Passage } from "./passage.ts";
import type { RecordSubject } from "./record-events.ts";
import { secretPlace } from "./secret-place.ts";

/** Decides the requests of one `fetch` as they happen. */
export interface RequestAdmission {
  /** The hook of the transport; it rejects to refuse. */
  readonly admit: (request: OutgoingRequest) => Promise<Admission>;
  /** The call with what was decided in the end: an address or a redirect may have been refused after the name was allowed. */
  readonly judged: (outcome: Judged) => Passage;
}

type Judged = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly reason: string };

/**
 * Decides the requests of one `fetch` as they happen: the address behind a decided name, and each redirect as a request
 * of its own.
 *
 * @param passage The decided call.
 * @param spec What it sends.
 * @returns The hook of the transport, and what came of it.
 */
export function admitRequests(passage: Passage, spec: HttpSpec): RequestAdmission {
  const { deps } = passage;
  let refusal: Verdict | null = null;
  const first = passage.plan.actions.find(({ capability }) => capability === "network_request");
  async function admit(request: OutgoingRequest): Promise<Admission> {
    if (first === undefined) throw refused(request, "the call names no request");
    const action: AtomicAction = {
      ...first,
      target: {
        kind: "network",
        url: request.url,
        scheme: request.scheme,
        host: request.host,
        port: request.port,
        method: request.method,
        addresses: request.addresses,
      },
      // Where a redirect leads was chosen by the network; of an address only the origin decides anything.
      tainted: first.tainted || new URL(request.url).origin !== new URL(spec.url).origin,
    };
    if (request.hop > 0 && request.addresses === null) {
      await decideHop(passage, action, { request, refuse: (verdict) => (refusal = verdict) });
    } else {
      const verdict = deps.policy.decide(action);
      refusal = verdict;
      checkAgain(passage, verdict, request);
      refusal = null;
    }
    return { secret: await slotAt(passage, spec, { request, action }) };
  }
  function judged(outcome: Judged): Passage {
    const { worst } = passage.authorized;
    if (outcome.ok) return passage;
    if (refusal !== null) return withWorst(passage, refusal);
    // The address of the call was decided before; this one came with a redirect.
    return outcome.code === "URL_INVALID"
      ? withWorst(passage, {
        ...worst,
        decision: "deny",
        rule: null,
        layer: null,
        reason: `invalid_target: ${outcome.reason}`,
      })
      : passage;
  }
  return { admit, judged };
}

function withWorst(passage: Passage, worst: Verdict): Passage {
  return { ...passage, authorized: { ...passage.authorized, worst } };
}

// Threat: an ask that only the address brings up (a rule with `cidr`) was in no question, so no answer covers it.
function checkAgain(passage: Passage, verdict: Verdict, request: OutgoingRequest): void {
  if (verdict.decision === "deny") {
    throw refused(request, verdict.rule === null ? "no rule allows it" : `denied by rule "${verdict.rule}"`);
  }
  if (verdict.decision !== "requires_approval" || verdict.granted !== null) return;
  const asked = new Set(
    request.hop > 0
      ? []
      : passage.authorized.each.flatMap(({ verdict: { approval } }) => approval?.asks.map(nameOf) ?? []),
  );
  const fresh = verdict.approval?.asks.find((ask) => !asked.has(nameOf(ask)));
  if (fresh === undefined && verdict.approval !== null) return;
  throw refused(request, `with its address it needs approval (rule "${fresh?.rule ?? verdict.rule ?? ""}")`);
}

function nameOf(rule: RuleRef): string {
  return `${rule.layer}/${rule.rule}/${rule.policy}`;
}

// A redirect leaves a record of its own; what would need a person is refused, since its origin was not the person's choice.
async function decideHop(
  passage: Passage,
  action: AtomicAction,
  hop: { readonly request: OutgoingRequest; readonly refuse: (verdict: Verdict) => void },
): Promise<void> {
  const { deps, proposal } = passage;
  const { request } = hop;
  const subject: RecordSubject = {
    execution: deps.ids.next("exe"),
    call: proposal.call,
    parent: passage.subject.execution,
    turn: proposal.turn,
  };
  const decided = await authorize(deps, subject, {
    actions: [action],
    title: `Follow redirect to ${request.host}`,
    guard: null,
    facts: {
      tool: proposal.tool,
      action: "follow redirect",
      provenance: proposal.provenance,
      tier: passage.plan.tier,
      handles: [],
      bytesIn: request.bytes,
    },
  });
  if (decided.failure !== null) {
    hop.refuse(decided.worst);
    throw new SessionError("POLICY_DENY", decided.failure.message, { hint: decided.failure.hint ?? undefined });
  }
  if (decided.worst.decision === "requires_approval" && decided.worst.granted === null) {
    hop.refuse(decided.worst);
    throw refused(request, `a redirect to it needs approval (rule "${decided.worst.rule ?? ""}")`);
  }
}

// The secret goes along only to a place that its binding names.
async function slotAt(
  passage: Passage,
  spec: HttpSpec,
  hop: { readonly request: OutgoingRequest; readonly action: AtomicAction },
): Promise<Admission["secret"]> {
  const { secret } = spec;
  if (secret === null) return null;
  const { host, port } = hop.request;
  const target = { kind: "secret", handle: secret.handle, inject: secret.inject, program: null, host, port } as const;
  const place = secretPlace(target, [hop.action], passage.proposal.tool);
  const found = await passage.deps.findBinding(secret.handle, place);
  return found.ok ? { inject: secret.inject, format: found.format } : null;
}

// A rule may allow the name and not where it leads: then the addresses are what explains the refusal.
function refused({ host, url, addresses }: OutgoingRequest, why: string): SessionError {
  const found = addresses === null || addresses.join() === host ? null : addresses;
  const where = found === null ? host : `${host} (${found.join(", ")})`;
  const more = found === null ? "" : ` --address ${found.join(" ")}`;
  return new SessionError("POLICY_DENY", `Cannot fetch from ${where}: ${why}`, {
    hint: `agentzero policy explain network_request --url ${url}${more}`,
  });
}
