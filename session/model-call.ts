import type { AuditEvent } from "../audit/mod.ts";
import type { ApprovalRequest, AtomicAction, CallId, Classification, Digest, Redaction, Verdict } from "../core/mod.ts";
import { consult, isStricterNow, recordGranted, remember } from "./answers.ts";
import { type DecidedAction, offeredScopes, openQuestions } from "./approve.ts";
import { authorize, record } from "./authorize.ts";
import type { GateDeps } from "./deps.ts";
import { mint, spender } from "./effects.ts";
import type { CallFailure } from "./call.ts";
import { MODEL_TIER, modelAction } from "./model-action.ts";
import { rulesForModel } from "./model-rules.ts";
import { SessionError } from "./errors.ts";
import type { OutgoingRequest } from "./http.ts";
import type { Provenance } from "./provenance.ts";
import type { ModelAttempt, ModelIo, OpenModel } from "./providers/model.ts";
import { type RecordSubject, resultEvent } from "./record.ts";
import { credentialFor, modelKeyAction } from "./model-key.ts";
import { changed, refusalOf } from "./settle.ts";

/** One model call, before it is decided. */
export interface ModelCallFacts {
  readonly turn: number;
  readonly provenance: Provenance;
  /** Classes of all that is sent, after masking. */
  readonly classes: readonly Classification[];
  /** Classes that were masked throughout. */
  readonly redacted: readonly Classification[];
  /** What masking for this request replaced: the receipt that `allow_with_redaction` asks for. */
  readonly redactions: readonly Redaction[];
  readonly bytes: number;
  readonly signal: AbortSignal;
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
      tier: MODEL_TIER,
      handles: model.key === null ? [] : [model.key.handle],
      bytesIn: facts.bytes,
      model: { provider: model.provider, name: model.name, host: model.target.host, request: call.digest },
    },
  });
  if (intent === null || failure !== null) {
    throw unallowed(model, each, failure ?? { code: "AUDIT_UNWRITABLE", message: "Cannot ask the model", hint: null });
  }
  async function end(outcome: EndedAttempt): Promise<void> {
    const written = await record(deps, attemptResult(subject, facts, { ...outcome, ms: deps.clock.mono() - start }), {
      risky: false,
    });
    if (typeof written !== "number") throw denied(written);
  }
  // Threat: a rule that decides by what is left obliges to mask more than was masked.
  const obliged = each.filter(({ action: { capability } }) => capability === "model_call")
    .flatMap(({ verdict }) => verdict.obligations.redact);
  const unmasked = obliged.filter((name) => !facts.redacted.includes(name));
  if (unmasked.length > 0) {
    const message = `Cannot ask model ${model.provider}/${model.name}: ${unmasked.join(", ")} would have to be masked`;
    await end({ error: { code: "REDACTION_FAILED", message }, bytes: 0 });
    throw denied({ code: "REDACTION_FAILED", message, hint: null });
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

// Asks the person where a rule asks; throws when it stays unanswered.
async function askAboutModel(
  deps: GateDeps,
  model: OpenModel,
  ask: {
    readonly subject: RecordSubject;
    readonly facts: ModelCallFacts;
    readonly each: readonly DecidedAction[];
    readonly worst: Verdict;
    readonly digest: Digest;
  },
): Promise<void> {
  const { subject, facts, each, worst, digest } = ask;
  const name = `${model.provider}/${model.name}`;
  const asks = openQuestions(each);
  if (asks.length === 0) {
    const granted = await recordGranted(deps, subject, each);
    if (typeof granted === "object" && granted !== null) throw denied(granted);
    return;
  }
  const policy = deps.policy.generation.digest;
  const where = model.target.host === null
    ? "in this process"
    : `${model.target.scheme ?? ""}://${model.target.host}:${model.target.port ?? ""}`;
  const request: ApprovalRequest | null = deps.questions.channel === "none" ? null : {
    session: deps.session,
    call: subject.call,
    actor: "session",
    tool: "model",
    title: `Send ${facts.bytes} bytes (${facts.classes.join(", ")}) to model ${name}`,
    tier: MODEL_TIER,
    actions: each,
    preview: {
      kind: "text",
      text: `the conversation, ${facts.bytes} bytes, class ${facts.classes.join(" ")}\nto ${where}`,
    },
    tainted: false,
    origins: facts.provenance.label.sources.map((source) => deps.redactor.mask(source).text),
    handles: model.key === null ? [] : [model.key.handle],
    scopes: offeredScopes(asks),
    timeoutMs: Math.min(...asks.map(({ terms }) => terms.timeoutMs)),
    digest,
  };
  const answer = await consult(deps, { subject, request, asks, whole: true, signal: facts.signal });
  if (answer.kind === "failed") throw denied(answer.failure);
  if (answer.kind === "no") throw denied(refusalOf(`Ask model ${name}`, answer.consent, worst));
  if (await isStricterNow(deps, { policy, decided: each })) throw denied(changed(`Ask model ${name}`));
  await remember(deps, asks, answer.scope);
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
    return Promise.reject(denied({
      code: "MODEL_DENIED",
      message:
        `Cannot ask model ${model.provider}/${model.name}: the connection leads to ${request.host}:${request.port}`,
      hint: "check the provider's url in config.yml",
    }));
  }
  const { decision, rule } = deps.policy.decide(asked.action);
  if (decision !== "deny") return Promise.resolve();
  return Promise.reject(denied({
    code: "MODEL_DENIED",
    message: `Cannot ask model ${model.provider}/${model.name}: denied by rule "${rule ?? "none"}"`,
    hint: null,
  }));
}

function isLoopbackAddress(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function denied(
  failure: { readonly code: string; readonly message: string; readonly hint: string | null },
): SessionError {
  if (failure.code === "AUDIT_UNWRITABLE") {
    return new SessionError("AUDIT_UNWRITABLE", failure.message, { hint: failure.hint ?? undefined });
  }
  return new SessionError("MODEL_DENIED", failure.message, { hint: failure.hint ?? undefined });
}

/** Where only a rule is missing, the refusal says which. */
function unallowed(model: OpenModel, decided: readonly DecidedAction[], failure: CallFailure): SessionError {
  const rules = failure.code.startsWith("POLICY_") ? rulesForModel(model, decided) : null;
  if (rules === null) return denied(failure);
  return denied({
    ...failure,
    hint: `to allow it, put this under \`rules\` of .agentzero/policy.yml, then \`agentzero policy trust\`:\n${rules}`,
  });
}
