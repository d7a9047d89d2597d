import type { AtomicAction, EgressAnswer, EgressEnd, EgressRequest, NetworkTarget, SecretTarget } from "../core/mod.ts";
import { parseUrl } from "../policy/mod.ts";
import type { ProcessSpec } from "../sandbox/mod.ts";
import { authorize, type Guard } from "./authorize.ts";
import type { CallFailure } from "./call.ts";
import type { Passage } from "./passage.ts";
import { record } from "./record.ts";
import { type RecordSubject, resultEvent } from "./record-events.ts";

/**
 * Decides and records each request that a command sends through the egress proxy: origin, method and addresses, and the
 * use of every value that would be put in. A redirect that the command follows is such a request, too.
 *
 * @param passage The decided call.
 * @param spec The command.
 * @returns The hook of the proxy; it never rejects.
 */
export function admitEgress(
  passage: Passage,
  spec: ProcessSpec,
): (request: EgressRequest) => Promise<EgressAnswer> {
  return async (request) => {
    try {
      return await decide(passage, spec, request);
    } catch {
      return { ok: false, reason: "it could not be decided" };
    }
  };
}

async function decide(passage: Passage, spec: ProcessSpec, request: EgressRequest): Promise<EgressAnswer> {
  const { deps, proposal, plan } = passage;
  const subject: RecordSubject = {
    execution: deps.ids.next("exe"),
    call: proposal.call,
    parent: passage.subject.execution,
    turn: proposal.turn,
  };
  const begun = deps.clock.mono();
  const decided = await authorize(deps, subject, {
    actions: actionsOf(passage, request),
    title: `Reach ${request.host}:${request.port}`,
    guard: guardOf(spec, request),
    facts: {
      tool: proposal.tool,
      action: "egress request",
      provenance: proposal.provenance,
      tier: plan.tier,
      handles: request.secrets.map(({ handle }) => handle),
      bytesIn: 0,
    },
  });
  if (decided.failure !== null) return { ok: false, reason: shown(passage, decided.failure) };
  const fresh = unasked(passage, decided);
  async function end(failure: CallFailure | null, use: EgressEnd): Promise<void> {
    const event = resultEvent(subject, {
      status: failure === null ? "ok" : failure.code === "POLICY_DENY" ? "denied" : "error",
      exit: null,
      ms: Math.max(0, Math.round(deps.clock.mono() - begun)),
      truncated: false,
      error: failure,
      bytesOut: use.receivedBytes,
      redactions: [],
      sandbox: null,
      tagOut: null,
    });
    await record(deps, event, { risky: false });
  }
  if (fresh !== null) {
    await end(fresh, { reached: false, sentBytes: 0, receivedBytes: 0 });
    return { ok: false, reason: shown(passage, fresh) };
  }
  return { ok: true, done: (use) => end(use.reached ? null : UNREACHED, use) };
}

const UNREACHED: CallFailure = { code: "HTTP_FAILED", message: "Cannot reach the host", hint: null };

function actionsOf({ plan }: Passage, request: EgressRequest): readonly AtomicAction[] {
  const { method, host, port, path, addresses } = request;
  const origin = plan.actions.find(({ target }) =>
    target.kind === "network" && target.host === host && target.port === port
  );
  const any = origin ?? plan.actions.find(({ capability }) => capability === "network_request");
  if (any === undefined) return [];
  // What is inside a tunnel nobody sees: most likely TLS, and judged by its origin alone.
  const scheme = path === null ? "https" : "http";
  const target: NetworkTarget = {
    kind: "network",
    ...parseUrl(`${scheme}://${host}:${port}${path ?? "/"}`),
    method,
    addresses: addresses === null ? null : [...addresses],
  };
  const network: AtomicAction = { ...any, target };
  return [
    network,
    ...request.secrets.map(({ handle, slot }): AtomicAction & { readonly target: SecretTarget } => ({
      ...network,
      capability: "secret_handle_usage",
      target: { kind: "secret", handle, inject: slot, host, port, program: null },
      classes: ["secret"],
    })),
  ];
}

// What the proxy refuses stands in the record as denied, whatever policy says; so does a value the call did not name.
function guardOf(spec: ProcessSpec, request: EgressRequest): Guard | null {
  const undeclared = request.secrets.find(({ handle, slot }) =>
    !(spec.hostSecrets ?? []).some((one) =>
      one.handle === handle && one.slot === slot && one.host === `${request.host}:${request.port}`
    )
  );
  const why = request.refused ?? (undeclared === undefined ? null : `${undeclared.handle} was not approved for it`);
  if (why === null) return null;
  const message = `Cannot reach ${request.host}:${request.port}: ${why}`;
  return { rule: null, failure: { code: "POLICY_DENY", message, hint: null } };
}

// Threat: an ask that only the address or the method brings up was in no question, so no answer covers it.
function unasked(passage: Passage, decided: Awaited<ReturnType<typeof authorize>>): CallFailure | null {
  const asked = new Set(
    passage.authorized.each.flatMap(({ verdict: { approval } }) => approval?.asks.map(nameOf) ?? []),
  );
  for (const { verdict } of decided.each) {
    if (verdict.decision !== "requires_approval" || verdict.granted !== null) continue;
    const fresh = verdict.approval?.asks.find((ask) => !asked.has(nameOf(ask)));
    if (fresh === undefined && verdict.approval !== null) continue;
    const rule = fresh?.rule ?? verdict.rule ?? "";
    return { code: "POLICY_DENY", message: `it needs approval of its own (rule "${rule}")`, hint: null };
  }
  return null;
}

function nameOf(ask: { readonly layer: string; readonly rule: string; readonly policy: string }): string {
  return `${ask.layer}/${ask.rule}/${ask.policy}`;
}

// The command reads this: our own words, and names that it gave itself.
function shown({ deps }: Passage, failure: CallFailure): string {
  try {
    return deps.redactor.mask(failure.message).text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 300);
  } catch {
    return "it is not allowed";
  }
}
