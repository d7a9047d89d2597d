import type { ToolKind } from "@agentclientprotocol/sdk";
import type { AtomicAction } from "../../core/mod.ts";

const KINDS: Readonly<Record<string, ToolKind>> = {
  read: "read",
  list: "read",
  search: "search",
  write: "edit",
  edit: "edit",
  shell: "execute",
  fetch: "fetch",
  generate_tool: "other",
  use_skill: "other",
};

/**
 * Names the kind of a call for a client. Clients let some kinds pass without a question, so `read` and `search` stand
 * only where every atomic action reads a file.
 *
 * @param tool Name of the tool.
 * @param actions Its atomic actions, where they are known.
 * @returns The kind; tools of skills and generated tools run code.
 */
export function toolKind(tool: string, actions: readonly Pick<AtomicAction, "capability">[] = []): ToolKind {
  const kind = Object.hasOwn(KINDS, tool) ? KINDS[tool] ?? "other" : "execute";
  const reads = actions.every(({ capability }) => capability === "file_read");
  return (kind === "read" || kind === "search") && !reads ? "other" : kind;
}
