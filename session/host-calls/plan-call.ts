import type { HostCall } from "../../core/mod.ts";
import { decodeHostCall, type HostRequest } from "../../sandbox/mod.ts";
import type { Guard } from "../authorize.ts";
import { carriedClasses } from "../carried-classes.ts";
import type { GateDeps } from "../deps.ts";
import { shortPath } from "../tools/file-action.ts";
import { shownAsText, unpresented } from "../tools/present.ts";
import { type GuestPath, guestPath } from "./guest-path.ts";
import { guestAction, type GuestContext, importActions } from "./host-actions.ts";
import type { HostPlan } from "./host-plan.ts";
import { leakGuard } from "./leak-guard.ts";
import { planFetch } from "./plan-fetch.ts";
import { type FileReading, planExists, planList, planRead } from "./plan-file-read.ts";
import { planFolder, planWrite } from "./plan-file-write.ts";
import { planMemory } from "./plan-memory.ts";
import { planSecret } from "./plan-secret.ts";
import { HostFault } from "./reply.ts";
import type { Scratch } from "./scratch.ts";

/** What a host call is planned with. */
export interface HostPlanning {
  readonly deps: GateDeps;
  readonly context: GuestContext;
  readonly scratch: Scratch;
  /** Obligations over all decided actions of the call; known once they are decided. */
  readonly obligations: FileReading["obligations"];
}

/**
 * Plans a host call: the import, and the capability of what it does, each an atomic action with the skill as actor.
 *
 * @param planning The gate, the guest.
 * @param call The call as it came out of the tier.
 * @returns The plan; nothing was touched.
 * @throws {HostFault} `invalid` for what no policy needs to look at, and what paths, addresses and handles throw.
 */
export function planCall(planning: HostPlanning, call: HostCall): HostPlan {
  const request = decodeHostCall(call);
  if (request === null) {
    const name = `${call.iface.slice(0, 40)}.${call.func.slice(0, 40)}`;
    throw new HostFault("invalid", `Cannot call ${name}: there is no such function, or its arguments do not fit`);
  }
  const plan = planRequest(planning, call.iface, request);
  return { ...plan, guard: plan.guard ?? leakGuard(planning.deps.redactor, request) };
}

type FileRequest = Exclude<HostRequest, { readonly kind: "fetch" | "get-secret" | "call" | "register-tool" }>;

function planRequest(planning: HostPlanning, iface: string, request: HostRequest): HostPlan {
  const { deps, context } = planning;
  const tier = context.guest.tier;
  const imported = importActions(context, iface);
  switch (request.kind) {
    case "read-file":
    case "list-dir":
    case "file-exists":
    case "create-dir":
    case "write-file":
    case "append-file":
      return planFile(planning, iface, request);
    case "fetch": {
      const { actions, ...plan } = planFetch(deps, context, request.request);
      return {
        ...plan,
        tier,
        guard: null,
        actions: [...actions, ...imported],
        step: `${iface}.fetch ${plan.title.slice(6)}`,
      };
    }
    case "get-secret": {
      const { actions, ...plan } = planSecret(context, request.handle);
      const step = `${iface}.get-secret ${plan.handles.join()}`;
      return { ...plan, tier, guard: null, actions: [...actions, ...imported], step };
    }
    case "call":
    case "register-tool":
      return planTools(iface, request.kind, { tier, imported });
    default:
      return request satisfies never;
  }
}

function planFile(planning: HostPlanning, iface: string, request: FileRequest): HostPlan {
  const { deps, context, scratch } = planning;
  const path = guestPath(request.path, deps.plan.project);
  const base = { tier: context.guest.tier, handles: [], step: `${iface}.${request.kind} ${path.shown}` };
  const imported = importActions(context, iface);
  if (path.root !== "workspace") {
    return { ...base, actions: imported, ...planMemory(context.guest, scratch, { request, path }) };
  }
  const guard = path.outside ? absolute(path) : null;
  if (request.kind === "create-dir" || request.kind === "write-file" || request.kind === "append-file") {
    const action = fileAction(planning, "file_write", path);
    const writing = { deps, target: path.target, shown: path.shown };
    const plan = !("data" in request)
      ? planFolder(writing)
      : planWrite(writing, request.data, request.kind === "append-file");
    // What is added to is looked at: its content goes back to the disk, not to the guest.
    return { ...base, ...plan, guard, actions: [action, ...imported] };
  }
  const action = fileAction(planning, "file_read", path);
  const reading = { deps, context, action, shown: path.shown, obligations: planning.obligations };
  const plan = request.kind === "read-file"
    ? planRead(reading)
    : request.kind === "list-dir"
    ? planList(reading)
    : planExists(reading);
  return { ...base, ...plan, guard, actions: [action, ...imported] };
}

function fileAction(
  { deps, context }: HostPlanning,
  capability: "file_read" | "file_write",
  { target }: Extract<GuestPath, { root: "workspace" }>,
): FileReading["action"] {
  const { provenance } = context;
  const short = shortPath(deps.plan.project, target.real);
  const place = deps.plan.classify(target);
  return guestAction(context, capability, {
    target,
    classes: capability === "file_write" ? carriedClasses(place, provenance.label.classes) : place,
    tainted: [target.real, short, `./${short}`].every((word) => provenance.tainted([word])),
    tier: capability === "file_write" ? "host-supervised" : context.guest.tier,
  });
}

function absolute({ shown }: GuestPath): Guard {
  return {
    rule: "skill.permissions",
    failure: {
      code: "POLICY_DENY",
      message: `Cannot use "${
        shown.slice("workspace:".length)
      }": a guest names files relative to a root it was granted`,
      hint: null,
    },
  };
}

// No permission grants them yet: policy says so, and the record.
function planTools(
  iface: string,
  kind: "call" | "register-tool",
  of: { readonly tier: HostPlan["tier"]; readonly imported: HostPlan["actions"] },
): HostPlan {
  return {
    title: kind === "call" ? "Call a tool of the session" : "Register a tool",
    step: `${iface}.${kind}`,
    tier: of.tier,
    actions: of.imported,
    handles: [],
    guard: null,
    prepare: () =>
      Promise.resolve(shownAsText({
        backend: "routine",
        tier: "none",
        spec: { op: kind },
        guest: null,
        run: () => Promise.reject(new HostFault("denied", "Cannot call tools: nothing grants it")),
        present: () => unpresented(kind),
      }, kind)),
    take: () => Promise.reject(new HostFault("denied", "Cannot call tools: nothing grants it")),
  };
}
