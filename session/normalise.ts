import { AgentZeroError } from "../core/mod.ts";
import type { Guard } from "./authorize.ts";
import type { CallFailure, Proposal } from "./call.ts";
import type { GateDeps } from "./deps.ts";
import type { Plan } from "./tools/tool.ts";

/** A proposal as atomic actions, or why it cannot become any. */
export interface Normalised {
  readonly plan: Plan;
  /** A reason to refuse before policy is asked: a bad call, or a secret in its arguments. */
  readonly guard: Guard | null;
}

const MAX_ARGS_BYTES = 1024 * 1024;

/**
 * Decodes a proposal and plans it (steps 1 and 2 of the life of a call). Never rejects: what cannot be planned becomes a
 * plan without actions, which policy denies, with a guard that says why.
 *
 * @param deps The gate's wiring.
 * @param proposal The call.
 * @returns Plan and guard.
 */
export async function normalise(deps: GateDeps, proposal: Proposal): Promise<Normalised> {
  const tool = deps.tools.get(proposal.tool);
  if (tool === undefined) {
    return refused(proposal.tool, {
      code: "TOOL_UNKNOWN",
      message: `Cannot call "${proposal.tool.slice(0, 64)}": there is no such tool`,
      hint: `use one of: ${[...deps.tools.keys()].join(", ")}`,
    });
  }
  try {
    const text = JSON.stringify(proposal.args) ?? "";
    if (text.length > MAX_ARGS_BYTES) {
      return refused(tool.name, {
        code: "ARGS_INVALID",
        message:
          `Cannot call "${tool.name}": its arguments have ${text.length} bytes, at most ${MAX_ARGS_BYTES} are read`,
        hint: "write the content to a file in parts",
      });
    }
    const plan = (await tool.load()).plan(proposal.args, { ...deps.plan, provenance: proposal.provenance });
    return { plan, guard: leak(deps, text) };
  } catch (cause) {
    return refused(tool.name, planFailure(tool.name, cause));
  }
}

function planFailure(name: string, cause: unknown): CallFailure {
  if (cause instanceof AgentZeroError) {
    return { code: cause.code, message: cause.message, hint: cause.hint ?? null };
  }
  return { code: "PLAN_FAILED", message: `Cannot plan "${name}": the call could not be understood`, hint: null };
}

// Threat: a secret value, or the mask that stands for one, leaves through an argument: a path, a command, a file's text.
function leak(deps: GateDeps, text: string): Guard | null {
  if (deps.redactor.find(text).length > 0) {
    return {
      rule: "floor.secret-egress",
      failure: {
        code: "SECRET_EGRESS",
        message: "Cannot use these arguments: they hold a secret value",
        hint: "name the secret by its handle, e.g. handle://vault/github/token",
      },
    };
  }
  if (deps.redactor.hasPlaceholder(text)) {
    return {
      rule: "floor.placeholder",
      failure: {
        code: "PLACEHOLDER_IN_ARGS",
        message: "Cannot use these arguments: they hold the placeholder of a masked value",
        hint: "leave the masked part out; writing it would overwrite the value with its mask",
      },
    };
  }
  return null;
}

function refused(name: string, failure: CallFailure): Normalised {
  const plan: Plan = {
    title: `Call ${name.slice(0, 64)}`,
    tier: "deny",
    actions: [],
    handles: [],
    prepare: () => Promise.reject(new TypeError("Cannot prepare: the call was refused")),
  };
  return { plan, guard: { rule: null, failure } };
}
