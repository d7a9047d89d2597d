import { hintOf } from "../policy/mod.ts";
import { createBudget } from "./budget.ts";
import type { CallFailure } from "./call.ts";
import { createHiddenPaths } from "./hidden-paths.ts";
import { modelAction } from "./model-action.ts";
import type { OpenModel } from "./providers/model.ts";
import type { SessionWiring } from "./session-wiring.ts";

/** A session that goes on with another model, or why it does not. */
export type ChangedModel =
  | { readonly ok: true; readonly wiring: SessionWiring }
  | { readonly ok: false; readonly failure: CallFailure };

/**
 * Lets a session go on with another model. Policy is asked first, with the classes of the conversation so far: what may
 * not leave must not be one choice in a menu away from leaving. Every request is decided again when it is made.
 *
 * @param wiring The session, with nothing under way.
 * @param model The model; nothing was sent to it.
 * @returns The session with that model, or the refusal; then nothing changed.
 */
export function changeModel(wiring: SessionWiring, model: OpenModel): ChangedModel {
  const { gate, context } = wiring;
  const action = modelAction(model, context.label().classes);
  const verdict = gate.policy.decide(action);
  const name = `${model.provider}/${model.name}`;
  if (verdict.decision === "deny") {
    return {
      ok: false,
      failure: {
        code: "MODEL_DENIED",
        message: `Cannot use model ${name}: denied by ${verdict.rule === null ? "default" : `rule "${verdict.rule}"`}`,
        hint: hintOf(verdict, action) ?? "add a rule for model_call that allows it",
      },
    };
  }
  const { project, policy, clock } = gate;
  const hidden = createHiddenPaths({ project, policy, clock, model });
  return {
    ok: true,
    wiring: {
      ...wiring,
      model,
      budget: createBudget(model, context),
      gate: { ...gate, plan: { ...gate.plan, hidden } },
    },
  };
}
