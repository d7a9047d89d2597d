import { CoreError } from "../core/mod.ts";
import type { FileState } from "../sandbox/mod.ts";
import { type PermitGround, runEffect } from "./effects.ts";
import { maskedNames } from "./masked-names.ts";
import type { Passage } from "./passage.ts";
import { SessionError } from "./errors.ts";
import type { Look, Presented } from "./tools/tool.ts";

const NOTHING: Presented = { output: null, truncated: false, sources: [], classes: [], error: null };

/**
 * Lets a plan look at the files it named, each look through the tier with a permit on the recorded intent.
 *
 * @param passage The decided call.
 * @param ground Its recorded intent.
 * @returns The look; it refuses paths that were not decided.
 */
export function createLook(passage: Passage, ground: PermitGround): Look {
  const decided = new Set<string>();
  for (const { target } of passage.plan.actions) if (target.kind === "path") decided.add(target.real);
  return {
    async state(realPath, maxBytes): Promise<FileState> {
      // Threat: a plan that reads more than was decided.
      if (!decided.has(realPath)) {
        throw new CoreError("ARGS_INVALID", "Cannot look at a file that the call did not name");
      }
      const ran = await runEffect(passage.deps, ground, {
        tier: "host-readonly",
        effect: { backend: "files", spec: { op: "state", target: realPath, maxBytes }, present: () => NOTHING },
        io: { signal: passage.proposal.signal, masked: maskedNames(passage.deps) },
        handles: [],
        guests: null,
      });
      if (!ran.outcome.ok) {
        throw new SessionError("TOOL_ERROR", ran.outcome.reason, { hint: ran.outcome.hint ?? undefined });
      }
      if (ran.backend !== "files" || ran.outcome.value.op !== "state") {
        throw new SessionError("TOOL_ERROR", "Cannot look at the file: the tier answered something else");
      }
      return ran.outcome.value.state;
    },
  };
}
