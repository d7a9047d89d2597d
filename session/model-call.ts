import {
  type AtomicAction,
  type CallId,
  type Classification,
  type Digest,
  type IsolationTier,
  type ModelTarget,
  type Redaction,
} from "../core/mod.ts";
import { openQuestions } from "./approve.ts";
import { authorize, record } from "./authorize.ts";
import type { GateDeps } from "./deps.ts";
import { mint, spender } from "./effects.ts";
import { SessionError } from "./errors.ts";
import type { OutgoingRequest } from "./http.ts";
import type { Provenance } from "./provenance.ts";
import type { ModelAttempt, ModelIo, OpenModel } from "./providers/model.ts";
import { approvalEvent, type RecordSubject, resultEvent } from "./record.ts";
import { credentialFor, modelKeyAction } from "./model-key.ts";
import { refusalOf } from "./settle.ts";

/** One model call, before it is decided. */
export interface ModelCallFacts {
  readonly turn: number;
  readonly provenance: Provenance;
  /** Classes of all that is sent, after masking. */
  readonly classes: readonly Classification[];
  /** What masking for this request replaced: the receipt that `allow_with_redaction` asks for. */
  readonly redactions: readonly Redaction[];
  readonly bytes: number;
  readonly signal: AbortSignal;
}

const TIER: IsolationTier = "host-supervised";

/**
 * Names a model call as policy sees it.
 *
 * @param model The open model.
 * @param classes Classes of what is sent.
 * @returns The atomic action; a model call is never tainted by what it is sent, the classes say what that is.
 */
export function modelAction(model: OpenModel, classes: readonly Classification[]): AtomicAction {
  const target: ModelTarget = {
    kind: "model",
    provider: model.provider,
    model: model.name,
    host: model.target.host,
    port: model.target.port,
    remote: model.target.remote,
  };
  return { capability: "model_call", target, classes, tier: TIER, tainted: false, skill: null };
}

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
      tier: TIER,
      handles: model.key === null ? [] : [model.key.handle],
      bytesIn: facts.bytes,
      model: { provider: model.provider, name: model.name, host: model.target.host, request: call.digest },
    },
  });
  if (intent === null || failure !== null) {
    throw denied(model, failure ?? { code: "AUDIT_UNWRITABLE", message: "Cannot ask the model", hint: null });
  }
  const asks = openQuestions(each);
  if (asks.length > 0) {
    const consent = await deps.questions.ask({
      session: deps.session,
      call: id,
      actor: "session",
      tool: "model",
      title: `Send ${facts.bytes} bytes (${facts.classes.join(", ")}) to model ${model.provider}/${model.name}`,
      tier: TIER,
      actions: each,
      preview: { kind: "text", text: `${model.target.scheme ?? "in process"} ${model.target.host ?? ""}` },
      tainted: false,
      origins: facts.provenance.label.sources,
      handles: model.key === null ? [] : [model.key.handle],
      scopes: ["once", "session"],
      timeoutMs: Math.min(...asks.map(({ terms }) => terms.timeoutMs)),
      digest: call.digest,
    }, facts.signal);
    if (consent.kind !== "unasked") {
      await record(deps, approvalEvent(subject, consent, { channel: deps.questions.channel, digest: call.digest }), {
        risky: true,
      });
    }
    if (consent.kind === "refused") {
      throw denied(model, refusalOf(`Ask model ${model.provider}/${model.name}`, consent, worst));
    }
    if (consent.kind === "allowed" && consent.scope === "session") {
      for (const { action: asked, terms } of asks) {
        await deps.policy.remember({ action: asked, terms, scope: "session", by: deps.questions.channel });
      }
    }
  }
  const permit = mint(deps, { call: id, intent }, { digest: call.digest, tier: TIER });
  return {
    permit,
    tier: TIER,
    permits: spender(deps),
    admit: (request) => admit(deps, model, { action, request }),
    credential: () => credentialFor(deps, model, permit),
    async end(outcome): Promise<void> {
      const written = await record(
        deps,
        resultEvent(subject, {
          status: outcome.error === null ? "ok" : outcome.error.code === "CANCELLED" ? "cancelled" : "error",
          exit: null,
          ms: Math.round(deps.clock.mono() - start),
          truncated: false,
          error: outcome.error === null
            ? null
            : { code: outcome.error.code, message: outcome.error.message, hint: null },
          bytesOut: outcome.bytes,
          redactions: facts.redactions,
          sandbox: null,
          tagOut: null,
        }),
        { risky: false },
      );
      if (typeof written !== "number") {
        throw new SessionError("AUDIT_UNWRITABLE", written.message, { hint: written.hint ?? undefined });
      }
    },
  };
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
    return Promise.reject(denied(model, {
      code: "MODEL_DENIED",
      message:
        `Cannot ask model ${model.provider}/${model.name}: the connection leads to ${request.host}:${request.port}`,
      hint: "check the provider's url in config.yml",
    }));
  }
  const { decision, rule } = deps.policy.decide(asked.action);
  if (decision !== "deny") return Promise.resolve();
  return Promise.reject(denied(model, {
    code: "MODEL_DENIED",
    message: `Cannot ask model ${model.provider}/${model.name}: denied by rule "${rule ?? "none"}"`,
    hint: null,
  }));
}

function isLoopbackAddress(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function denied(
  model: OpenModel,
  failure: { readonly code: string; readonly message: string; readonly hint: string | null },
): SessionError {
  if (failure.code === "AUDIT_UNWRITABLE") {
    return new SessionError("AUDIT_UNWRITABLE", failure.message, { hint: failure.hint ?? undefined });
  }
  const where = model.target.host === null ? "" : ` hosts: [${model.target.host}],`;
  return new SessionError("MODEL_DENIED", failure.message, {
    hint: failure.hint ??
      `a rule that allows it: { id: my-model, effect: allow_with_redaction, capability: model_call, remote: ${model.target.remote},${where} redact: [secret, credential] }`,
  });
}
