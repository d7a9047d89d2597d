import type { AuditEvent } from "../audit/mod.ts";
import type { AtomicAction, CallId, Digest } from "../core/mod.ts";
import { askAboutModel } from "./ask-about-model.ts";
import { authorize } from "./authorize.ts";
import type { GateDeps } from "./deps.ts";
import { mint, spender } from "./effects.ts";
import { MODEL_TIER, modelAction } from "./model-action.ts";
import type { ModelCallFacts } from "./model-call-facts.ts";
import { modelDenied, unallowedModel } from "./model-denied.ts";
import type { OutgoingRequest } from "./http.ts";
import type { ModelAttempt, ModelIo, OpenModel } from "./providers/model.ts";
import { record } from "./record.ts";
import { type RecordSubject, resultEvent } from "./record-events.ts";
import { credentialFor, modelKeyAction } from "./model-key.ts";

/**
 * Takes every attempt of a model call through the gate: each is decided and recorded for itself, the connection is
 * decided again with its addresses, and the key is resolved only then.
 *
 * @param deps The gate's wiring.
 * @param model The open model.
 * @param facts What is sent, in classes and numbers.
 * @returns The gate as the provider sees it; a refused attempt rejects with `MODEL_DENIED` or the code of the refusal.
 */
export function gateModel(
  deps: GateDeps,
  model: OpenModel,
  facts: ModelCallFacts,
): Pick<ModelIo, "attempt" | "signal"> {
  return {
    signal: facts.signal,
    attempt: (number, digest) => attempt(deps, model, { facts, number, digest }),
  };
}

async function attempt(
  deps: GateDeps,
  model: OpenModel,
  call: { readonly facts: ModelCallFacts; readonly number: number; readonly digest: Digest },
): Promise<ModelAttempt> {
  const { facts } = call;
  const start = deps.clock.mono();
  const id: CallId = deps.ids.next("call");
  const subject: RecordSubject = { execution: deps.ids.next("exe"), call: id, parent: null, turn: facts.turn };
  const action = modelAction(model, facts.classes);
  const key = modelKeyAction(model);
  const { each, worst, intent, failure } = await authorize(deps, subject, {
    actions: key === null ? [action] : [action, key],
    title: `Ask model ${model.provider}/${model.name}`,
    guard: null,
    facts: {
      tool: "model",
      action: call.number === 0 ? "ask model" : `ask model again (${call.number})`,
      provenance: facts.provenance,
      tier: MODEL_TIER,
      handles: model.key === null ? [] : [model.key.handle],
      bytesIn: facts.bytes,
      model: { provider: model.provider, name: model.name, host: model.target.host, request: call.digest },
    },
  });
  if (intent === null || failure !== null) {
    throw unallowedModel(
      model,
      each,
      failure ?? { code: "AUDIT_UNWRITABLE", message: "Cannot ask the model", hint: null },
    );
  }
  async function end(outcome: EndedAttempt): Promise<void> {
    const written = await record(deps, attemptResult(subject, facts, { ...outcome, ms: deps.clock.mono() - start }), {
      risky: false,
    });
    if (typeof written !== "number") throw modelDenied(written);
  }
  // Threat: a rule that decides by what is left obliges to mask more than was masked.
  const obliged = each.filter(({ action: { capability } }) => capability === "model_call")
    .flatMap(({ verdict }) => verdict.obligations.redact);
  const unmasked = obliged.filter((name) => !facts.redacted.includes(name));
  if (unmasked.length > 0) {
    const message = `Cannot ask model ${model.provider}/${model.name}: ${unmasked.join(", ")} would have to be masked`;
    await end({ error: { code: "REDACTION_FAILED", message }, bytes: 0 });
    throw modelDenied({ code: "REDACTION_FAILED", message, hint: null });
  }
  await askAboutModel(deps, model, { subject, facts, each, worst, digest: call.digest });
  const permit = mint(deps, { call: id, intent }, { digest: call.digest, tier: MODEL_TIER });
  return {
    permit,
    tier: MODEL_TIER,
    permits: spender(deps),
    admit: (request) => admit(deps, model, { action, request }),
    credential: () => credentialFor(deps, model, permit),
    end,
  };
}

interface EndedAttempt {
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly bytes: number;
}

function attemptResult(
  subject: RecordSubject,
  facts: ModelCallFacts,
  outcome: EndedAttempt & { readonly ms: number },
): AuditEvent {
  const { error, bytes, ms } = outcome;
  return resultEvent(subject, {
    status: error === null ? "ok" : error.code === "CANCELLED" ? "cancelled" : "error",
    exit: null,
    ms: Math.round(ms),
    truncated: false,
    error: error === null ? null : { code: error.code, message: error.message, hint: null },
    bytesOut: bytes,
    redactions: facts.redactions,
    sandbox: null,
    tagOut: null,
  });
}

// The name was decided with the call; with its addresses it is decided again before the connection.
function admit(
  deps: GateDeps,
  model: OpenModel,
  asked: { readonly action: AtomicAction; readonly request: OutgoingRequest },
): Promise<void> {
  const { request } = asked;
  const { host, port, remote } = model.target;
  const local = request.addresses === null || remote || request.addresses.every(isLoopbackAddress);
  // Threat: a configured name that now leads elsewhere, or a "local" model that is not on this machine.
  if (request.host !== host || request.port !== port || !local) {
    return Promise.reject(modelDenied({
      code: "MODEL_DENIED",
      message:
        `Cannot ask model ${model.provider}/${model.name}: the connection leads to ${request.host}:${request.port}`,
      hint: "check the provider's url in config.yml",
    }));
  }
  const { decision, rule } = deps.policy.decide(asked.action);
  if (decision !== "deny") return Promise.resolve();
  return Promise.reject(modelDenied({
    code: "MODEL_DENIED",
    message: `Cannot ask model ${model.provider}/${model.name}: denied by rule "${rule ?? "none"}"`,
    hint: null,
  }));
}

function isLoopbackAddress(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}
