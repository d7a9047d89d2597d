import type { AtomicAction, Capability, Target } from "../../core/mod.ts";
import type { PathRoots } from "../path-syntax.ts";
import type { PolicyRequest } from "../policy-request.ts";
import { USUAL_TIER } from "./sample-actions.ts";

/**
 * Writes an action as a request that stands in `tests` of a policy, with `${project}` and its like for real folders.
 *
 * @param action Any action.
 * @param roots Folders that stand for roots.
 * @returns Only what differs from what is usual.
 */
export function requestOf(action: AtomicAction, roots: PathRoots): PolicyRequest {
  const { capability, classes, tier, tainted, skill } = action;
  return {
    capability,
    ...targetOf(action.target, roots),
    ...(skill === null ? {} : { skill: skill.id, trust: skill.trust }),
    ...(classes.length === 1 && classes[0] === "private" ? {} : { class: classes }),
    ...(tier === USUAL_TIER[capability] ? {} : { tier }),
    ...(tainted ? { tainted } : {}),
  };
}

function targetOf(
  target: Target,
  roots: PathRoots,
): Omit<PolicyRequest, "capability"> & { readonly capability?: Capability } {
  switch (target.kind) {
    case "path":
      return { path: withRoot(target.real, roots), ...(target.staged ? { staged: true } : {}) };
    case "command": {
      const cwd = target.cwd === roots.project ? {} : { cwd: withRoot(target.cwd, roots) };
      return { ...(target.argv === null ? { command: target.text } : { argv: target.argv }), ...cwd };
    }
    case "network":
      return {
        url: target.url,
        ...(target.method === "GET" ? {} : { method: target.method }),
        ...(target.addresses === null ? {} : { address: target.addresses }),
      };
    case "model":
      return { provider: target.provider, model: target.model, remote: target.remote, ...placeOf(target) };
    case "secret":
      return {
        secret: target.handle,
        inject: target.inject,
        ...placeOf(target),
        ...(target.program === null ? {} : { program: target.program }),
      };
    case "package":
      return { package: target.id };
    case "import":
      return { import: target.name };
    case "skill":
      return { skill: target.name };
    default:
      return target satisfies never;
  }
}

function placeOf({ host, port }: { readonly host: string | null; readonly port: number | null }) {
  return { ...(host === null ? {} : { host }), ...(port === null ? {} : { port }) };
}

/** The longest root that the path lies in. */
function withRoot(path: string, roots: PathRoots): string {
  for (const name of ["skill_data", "project", "home", "tmp"] as const) {
    const root = roots[name];
    if (root !== null && (path === root || path.startsWith(`${root}/`))) return `\${${name}}${path.slice(root.length)}`;
  }
  return path;
}
