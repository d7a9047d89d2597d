import type { ApprovalRequest, Digest, Verdict } from "../core/mod.ts";
import { consult, isStricterNow, recordGranted, remember } from "./answers.ts";
import { type DecidedAction, offeredScopes, openQuestions } from "./approve.ts";
import type { GateDeps } from "./deps.ts";
import { MODEL_TIER } from "./model-action.ts";
import type { ModelCallFacts } from "./model-call-facts.ts";
import { modelDenied } from "./model-denied.ts";
import type { OpenModel } from "./providers/model.ts";
import type { RecordSubject } from "./record-events.ts";
import { changed, refusalOf } from "./settle.ts";

/** A model call that was decided and is on record. */
export interface DecidedModelCall {
  readonly subject: RecordSubject;
  readonly facts: ModelCallFacts;
  readonly each: readonly DecidedAction[];
  readonly worst: Verdict;
  /** Digest of the request. */
  readonly digest: Digest;
}

/**
 * Asks the person about a model call where a rule asks.
 *
 * @param deps The gate's wiring.
 * @param model The open model.
 * @param ask The call.
 * @throws {SessionError} `MODEL_DENIED` when nobody says yes, or when it no longer counts; `AUDIT_UNWRITABLE`.
 */
export async function askAboutModel(deps: GateDeps, model: OpenModel, ask: DecidedModelCall): Promise<void> {
  const { subject, facts, each, worst, digest } = ask;
  const name = `${model.provider}/${model.name}`;
  const asks = openQuestions(each);
  if (asks.length === 0) {
    const granted = await recordGranted(deps, subject, each);
    if (typeof granted === "object" && granted !== null) throw modelDenied(granted);
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
  if (answer.kind === "failed") throw modelDenied(answer.failure);
  if (answer.kind === "no") throw modelDenied(refusalOf(`Ask model ${name}`, answer.consent, worst));
  if (await isStricterNow(deps, { policy, decided: each })) throw modelDenied(changed(`Ask model ${name}`));
  await remember(deps, asks, answer.scope);
}
