import { relative } from "node:path";
import type { Evidence } from "./evidence.ts";

/**
 * Gives the names below the project that tools wrote which a person had approved for longer than once: such a yes is one
 * to what the tool may do, and its writes are not asked about again. That they stay below its permissions is checked by
 * {@link checkCeiling}.
 */
export function approvedWhole({ journal, world }: Evidence): ReadonlySet<string> {
  const tools = new Map<string, string>();
  const names = new Map<string, string>();
  const whole = new Set<string>();
  const written = new Set<string>();
  for (const entry of journal) {
    if (entry.kind === "event" && entry.event.type === "tool_call") {
      const { call, tool, args } = entry.event;
      tools.set(call, tool);
      if (tool === "generate_tool") names.set(call, String({ name: "", ...Object(args) }.name));
    }
    if (entry.kind === "event" && entry.event.type === "tool_result" && entry.event.ok) {
      const { call, approved } = entry.event;
      const name = names.get(call);
      // Another version of it needs a yes of its own.
      if (name !== undefined) whole.delete(name);
      if (name !== undefined && (approved === "session" || approved === "project" || approved === "package")) {
        whole.add(name);
      }
    }
    if (entry.kind !== "effect" || (entry.backend !== "writer" && entry.backend !== "folders")) continue;
    const { target } = { target: "", ...entry.spec };
    if (whole.has(tools.get(entry.call ?? "") ?? "")) written.add(relative(world.project, target));
  }
  return written;
}
