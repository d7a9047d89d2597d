import { fileAction, shortPath } from "./file-action.ts";
import { shownAsText } from "./present.ts";
import type { Effect, Plan, PlanContext } from "./tool.ts";

/** A place that is read. */
export interface ReadPlace {
  /** Real path. */
  readonly real: string;
  /** As people name it: relative to the project when inside it. */
  readonly name: string;
}

/** What a reading tool adds to its path. */
export interface ReadRequest {
  /** What is done, e.g. `List`. */
  readonly verb: string;
  /** What else a person is told of it, with a space before it. */
  readonly detail?: string;
  /** Makes the effect, once the place is known. */
  effect(place: ReadPlace): Extract<Effect, { readonly backend: "files" }>;
}

/**
 * Plans a call that reads one file or folder, decided by that path.
 *
 * @param context Where relative paths start, who asks.
 * @param path As it was given.
 * @param request What is read there.
 * @returns The plan.
 * @throws {PolicyError} `PATH_INVALID`.
 */
export function readPlan(context: PlanContext, path: string, request: ReadRequest): Plan {
  const action = fileAction(context, "file_read", path);
  const { real } = action.target;
  const name = shortPath(context.project, real);
  const text = `${request.verb.toLowerCase()} ${name}${request.detail ?? ""}`;
  return {
    title: `${request.verb} ${name}`,
    tier: "host-readonly",
    actions: [action],
    handles: [],
    prepare: () => Promise.resolve(shownAsText(request.effect({ real, name }), text)),
  };
}
