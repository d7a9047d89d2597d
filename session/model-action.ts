import type { AtomicAction, Classification, IsolationTier } from "../core/mod.ts";
import type { OpenModel } from "./providers/model.ts";

/** The tier of model calls. */
export const MODEL_TIER: IsolationTier = "host-supervised";

/**
 * Names a model call as policy sees it.
 *
 * @param model The open model.
 * @param classes Classes of what is sent.
 * @returns The atomic action; a model call is never tainted by what it is sent, the classes say what that is.
 */
export function modelAction(model: OpenModel, classes: readonly Classification[]): AtomicAction {
  const { host, port, remote } = model.target;
  return {
    capability: "model_call",
    target: { kind: "model", provider: model.provider, model: model.name, host, port, remote },
    classes,
    tier: MODEL_TIER,
    tainted: false,
    skill: null,
  };
}
