import type { EffectOutcome } from "./effects.ts";
import type { Prepared, Presented } from "./tools/tool.ts";

/**
 * Lets an effect say what its run gave. Its presenter only ever sees the outcome of its own backend.
 *
 * @param prepared What was to run.
 * @param ran How it ended.
 * @returns Text and facts, not masked yet; an error when it failed.
 */
export function present(prepared: Prepared, ran: EffectOutcome): Presented {
  const { effect } = prepared;
  if (!ran.outcome.ok) return failed(ran.outcome);
  if (effect.backend === "files" && ran.backend === "files") return effect.present(ran.outcome.value);
  if (effect.backend === "writer" && ran.backend === "writer") return effect.present(ran.outcome.value);
  if (effect.backend === "process" && ran.backend === "process") return effect.present(ran.outcome.value);
  if (effect.backend === "http" && ran.backend === "http") return effect.present(ran.outcome.value);
  if (effect.backend === "folders" && ran.backend === "folders") return effect.present(ran.outcome.value);
  if (effect.backend === "wasm" && ran.backend === "wasm") return effect.present(ran.outcome.value);
  if (effect.backend === "routine" && ran.backend === "routine") return effect.present(ran.outcome.value);
  return failed({ code: "SANDBOX_FAILED", reason: "Cannot read the outcome: it came from another tier", hint: null });
}

function failed(outcome: { readonly code: string; readonly reason: string; readonly hint: string | null }): Presented {
  return {
    output: null,
    truncated: false,
    sources: [],
    classes: [],
    error: { code: outcome.code, message: outcome.reason, hint: outcome.hint },
  };
}
