import { AgentZeroError, type HostCall, type HostReply } from "../../core/mod.ts";
import { maskedText } from "../masked-text.ts";
import { shownAsText, unpresented } from "../tools/present.ts";
import type { Guest } from "./guest.ts";
import { importActions } from "./host-actions.ts";
import { type HostPlan, plainly } from "./host-plan.ts";
import { type HostPlanning, planCall } from "./plan-call.ts";
import { replyOfThrown } from "./reply.ts";

/**
 * Plans a host call whatever it is: one that a trial run answers by itself, and one that cannot be planned, still go
 * through the gate and leave their record.
 *
 * @param planning The gate, the guest.
 * @param call The call as it came out of the tier.
 * @returns The plan. What was thrown on the way is its guard, and thrown again by its `take`.
 */
export function planStep(planning: HostPlanning, call: HostCall): HostPlan {
  const { deps, context: { guest } } = planning;
  const played = guest.stage?.play(call);
  try {
    return played === undefined ? planCall(planning, call) : playedPlan(guest, call, played);
  } catch (cause) {
    return brokenPlan(guest, call, {
      cause,
      reply: replyOfThrown(cause, (text) => maskedText(deps.redactor, text)),
    });
  }
}

function playedPlan(guest: Guest, call: HostCall, reply: HostReply): HostPlan {
  return {
    ...still(guest, call),
    // What would be denied in earnest stands in the record as denied.
    guard: reply.ok || reply.error.tag !== "denied" ? null : {
      rule: "skill.permissions",
      failure: { code: "POLICY_DENY", message: textOf(reply.error.val), hint: null },
    },
    step: `${call.iface}.${call.func} (played)`,
    take: () => Promise.resolve({ ...plainly(undefined), reply }),
  };
}

function textOf(val: unknown): string {
  return typeof val === "string" ? val : "denied";
}

function brokenPlan(
  guest: Guest,
  call: HostCall,
  { cause, reply }: { readonly cause: unknown; readonly reply: HostReply },
): HostPlan {
  const said = reply.ok ? undefined : reply.error.val;
  const message = typeof said === "string" ? said : "Cannot plan the call";
  const isDenied = !reply.ok && reply.error.tag === "denied";
  const code = cause instanceof AgentZeroError ? cause.code : isDenied ? "POLICY_DENY" : "ARGS_INVALID";
  return {
    ...still(guest, call),
    guard: { rule: null, failure: { code, message, hint: null } },
    step: `${call.iface.slice(0, 40)}.${call.func.slice(0, 40)}`,
    take: () => Promise.reject(cause instanceof Error ? cause : new TypeError(message)),
  };
}

// A plan without an effect, and without an action of its own besides the import.
function still(guest: Guest, call: HostCall): Omit<HostPlan, "guard" | "step" | "take"> {
  const iface = call.iface.slice(0, 40);
  return {
    title: `Call ${iface}.${call.func.slice(0, 40)}`,
    tier: guest.tier,
    actions: importActions({ guest }, iface),
    handles: [],
    prepare: () =>
      Promise.resolve(shownAsText({
        backend: "routine",
        tier: "none",
        spec: { op: "still" },
        guest: null,
        run: () => Promise.resolve({ output: null, error: null, sources: [], classes: [], truncated: false }),
        present: () => unpresented("still"),
      }, `${iface}.${call.func.slice(0, 40)}`)),
  };
}
