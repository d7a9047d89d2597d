import type { DecidedAction } from "./approve.ts";
import type { CallFailure } from "./call.ts";
import { SessionError } from "./errors.ts";
import { rulesForModel } from "./model-rules.ts";
import type { OpenModel } from "./providers/model.ts";

/**
 * Makes the error of a model call that may not be made.
 *
 * @param failure Why.
 * @returns `AUDIT_UNWRITABLE` where that is why, else `MODEL_DENIED`.
 */
export function modelDenied(
  failure: { readonly code: string; readonly message: string; readonly hint: string | null },
): SessionError {
  if (failure.code === "AUDIT_UNWRITABLE") {
    return new SessionError("AUDIT_UNWRITABLE", failure.message, { hint: failure.hint ?? undefined });
  }
  return new SessionError("MODEL_DENIED", failure.message, { hint: failure.hint ?? undefined });
}

/**
 * Makes the error of a model call that policy does not allow. Where only a rule is missing, it says which.
 *
 * @param model The open model.
 * @param decided The call and the use of its key, as they were decided.
 * @param failure Why.
 * @returns As {@link modelDenied}.
 */
export function unallowedModel(
  model: OpenModel,
  decided: readonly DecidedAction[],
  failure: CallFailure,
): SessionError {
  const rules = failure.code.startsWith("POLICY_") ? rulesForModel(model, decided) : null;
  if (rules === null) return modelDenied(failure);
  return modelDenied({
    ...failure,
    hint: `to allow it, put this under \`rules\` of .agentzero/policy.yml, then \`agentzero policy trust\`:\n${rules}`,
  });
}
