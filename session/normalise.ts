import { AgentZeroError } from "../core/mod.ts";
import type { Guard } from "./authorize.ts";
import type { CallFailure, Proposal } from "./call.ts";
import type { GateDeps } from "./deps.ts";
import { isTooDeep, MAX_JSON_DEPTH, stringsOf } from "./mask-json.ts";
import { placesOf } from "./places.ts";
import type { Plan, PlanContext, Tool } from "./tools/tool.ts";

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
    return refusedPlan(proposal.tool, {
      code: "TOOL_UNKNOWN",
      message: `Cannot call "${proposal.tool.slice(0, 64)}": there is no such tool`,
      hint: `use one of: ${[...deps.tools.keys()].join(", ")}`,
    });
  }
  if (proposal.refuse !== undefined) return refusedPlan(tool.name, proposal.refuse);
  try {
    const unfit = argsProblem(tool.name, proposal);
    if (unfit !== null) return refusedPlan(tool.name, unfit);
    const plan = await planOf(await tool.load(), proposal.args, {
      ...deps.plan,
      call: proposal.call,
      policy: deps.policy.generation.digest,
      ...(deps.version === undefined ? {} : { version: deps.version }),
      provenance: proposal.provenance,
      places: await placesOf(deps, proposal.args),
    });
    return { plan, guard: leak(deps, proposal.args) };
  } catch (cause) {
    return refusedPlan(tool.name, planFailure(tool.name, cause));
  }
}

async function planOf(tool: Tool, args: unknown, context: PlanContext): Promise<Plan> {
  return tool.planLater === undefined ? tool.plan(args, context) : await tool.planLater(args, context);
}

function argsProblem(name: string, { args, provenance }: Proposal): CallFailure | null {
  if (isTooDeep(args)) {
    return {
      code: "ARGS_INVALID",
      message: `Cannot call "${name}": its arguments are nested more than ${MAX_JSON_DEPTH} levels deep`,
      hint: null,
    };
  }
  // Threat: half a character becomes another one on the way to the disk, after it was shown and decided.
  if (stringsOf(args).some((text) => !text.isWellFormed())) {
    return {
      code: "ARGS_INVALID",
      message: `Cannot call "${name}": its arguments are not well-formed text`,
      hint: null,
    };
  }
  // What a person gives was bounded where it was read.
  if (provenance.actor === "person") return null;
  const bytes = Buffer.byteLength(JSON.stringify(args) ?? "");
  if (bytes <= MAX_ARGS_BYTES) return null;
  return {
    code: "ARGS_INVALID",
    message: `Cannot call "${name}": its arguments have ${bytes} bytes, at most ${MAX_ARGS_BYTES} are read`,
    hint: "write the content to a file in parts",
  };
}

function planFailure(name: string, cause: unknown): CallFailure {
  if (cause instanceof AgentZeroError) {
    return { code: cause.code, message: cause.message, hint: cause.hint ?? null };
  }
  return { code: "PLAN_FAILED", message: `Cannot plan "${name}": the call could not be understood`, hint: null };
}

// Threat: a secret value, or the mask that stands for one, leaves through an argument: a path, a command, a file's text.
function leak({ redactor }: GateDeps, args: unknown): Guard | null {
  // Each string by itself: inside JSON a value would be escaped once more than it is known to be.
  const texts = [JSON.stringify(args) ?? "", ...stringsOf(args)];
  const leaked = texts.map((text) => redactor.find(text)).find((found) => found.length > 0);
  if (leaked !== undefined) {
    return {
      rule: "floor.secret-egress",
      leaked,
      failure: {
        code: "SECRET_EGRESS",
        message: "Cannot use these arguments: they hold a secret value",
        hint: "name the secret by its handle, e.g. handle://vault/github/token",
      },
    };
  }
  if (texts.some((text) => redactor.hasPlaceholder(text))) {
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

/**
 * Makes the plan of a call that cannot become any action: policy denies it, the guard says why.
 *
 * @param name Name of the tool.
 * @param failure Why.
 * @returns Plan and guard.
 */
export function refusedPlan(name: string, failure: CallFailure): Normalised {
  const plan: Plan = {
    title: `Call ${name.slice(0, 64)}`,
    tier: "deny",
    actions: [],
    handles: [],
    prepare: () => Promise.reject(new TypeError("Cannot prepare: the call was refused")),
  };
  return { plan, guard: { rule: null, failure } };
}
