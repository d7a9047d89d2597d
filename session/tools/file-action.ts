import type { AtomicAction, Capability, PathTarget } from "../../core/mod.ts";
import { resolvePath } from "../../policy/mod.ts";
import { carriedClasses } from "../carried-classes.ts";
import type { PlanContext } from "./tool.ts";

/**
 * Plans one file action: the path is resolved as it stands now, and that path is decided, opened and recorded.
 *
 * @param context Where relative paths start, who asks.
 * @param capability `file_read` or `file_write`.
 * @param input The path as it was given.
 * @returns The atomic action.
 * @throws {PolicyError} `PATH_INVALID`.
 */
export function fileAction(
  context: PlanContext,
  capability: Extract<Capability, "file_read" | "file_write">,
  input: string,
): AtomicAction & { readonly target: PathTarget } {
  const target = resolvePath(input, context.project);
  // Paths compare as real paths, however each of them was spelled.
  const short = shortPath(context.project, target.real);
  const spelled = new Set([input, target.real, short, `./${short}`]);
  const place = context.classify(target);
  return {
    capability,
    target,
    classes: capability === "file_write" ? carriedClasses(place, context.provenance.label.classes) : place,
    tier: capability === "file_read" ? "host-readonly" : "host-supervised",
    tainted: [...spelled].every((word) => context.provenance.tainted([word])),
    skill: null,
  };
}

/**
 * Names a real path as people do: relative to the project when inside it.
 *
 * @param project Real path of the project.
 * @param real Real path.
 * @returns A short name.
 */
export function shortPath(project: string, real: string): string {
  if (real === project) return ".";
  return real.startsWith(`${project}/`) ? real.slice(project.length + 1) : real;
}
