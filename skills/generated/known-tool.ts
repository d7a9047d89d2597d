import { SkillsError } from "../errors.ts";
import type { ToolState } from "./tool-state.ts";

/** Says that files of a tool are not the ones that were registered. */
export function changed(name: string, why: string): SkillsError {
  return new SkillsError("TOOL_DISABLED", `Cannot use tool "${name}": ${why}`, {
    hint: `look at it, then: agentzero tool rollback ${name} N, or generate it anew`,
  });
}

/**
 * Gives the state of a tool that is this user's.
 *
 * @param state As it was read.
 * @param name Name of the tool.
 * @param on What a changed `active.json` is: refused, or about to be mended.
 * @returns The state.
 * @throws {SkillsError} `NOT_FOUND`, `TOOL_FOREIGN`, `TOOL_DISABLED`.
 */
export function known(
  state: ToolState,
  name: string,
  on: { readonly tampered: "refused" | "mended" },
): Extract<ToolState, { kind: "known" | "tampered" }> {
  switch (state.kind) {
    case "known":
      return state;
    case "tampered":
      if (on.tampered === "refused") throw changed(name, state.why);
      return state;
    case "foreign":
      throw new SkillsError("TOOL_FOREIGN", `Cannot use tool "${name}": ${state.why}`, {
        hint: `look at it, then make it yours: agentzero tool generate --from .agentzero/skills/${name}`,
      });
    case "none":
      throw new SkillsError("NOT_FOUND", `Cannot use tool "${name}": there is no such tool`, {
        hint: "agentzero tool list",
      });
    default:
      return state satisfies never;
  }
}
