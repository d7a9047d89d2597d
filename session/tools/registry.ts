import type { TrustLabel } from "../../core/mod.ts";
import type { Tool } from "./tool.ts";

/** What the gate must know of a tool before it is used; the tool itself is loaded by its first call. */
export interface ToolEntry {
  readonly name: string;
  /** Trust label of its output. */
  readonly trust: TrustLabel;
  /** `true` when every atomic action it can plan only reads. */
  readonly readOnly: boolean;
  /** Loads the tool. */
  load(): Promise<Tool>;
}

const ENTRIES: readonly ToolEntry[] = [
  { name: "read", trust: "file", readOnly: true, load: async () => (await import("./read.ts")).read },
  { name: "list", trust: "file", readOnly: true, load: async () => (await import("./list.ts")).list },
  { name: "search", trust: "file", readOnly: true, load: async () => (await import("./search.ts")).search },
  { name: "write", trust: "core", readOnly: false, load: async () => (await import("./write.ts")).write },
  { name: "edit", trust: "core", readOnly: false, load: async () => (await import("./edit.ts")).edit },
  { name: "shell", trust: "tool", readOnly: false, load: async () => (await import("./shell.ts")).shell },
  { name: "fetch", trust: "network", readOnly: false, load: async () => (await import("./fetch.ts")).fetchTool },
];

/** A tool as people are shown it. */
export interface ToolSummary {
  /** What it is called by. */
  readonly name: string;
  /** The first line of what the model is told. */
  readonly summary: string;
}

/** The tools of every session, in the order they are shown. */
export const BUILTIN_TOOLS: ReadonlyMap<string, ToolEntry> = new Map(ENTRIES.map((entry) => [entry.name, entry]));

/** Names of the tools of every session, in the order they are shown. */
export const TOOL_NAMES: readonly string[] = [...BUILTIN_TOOLS.keys(), "generate_tool", "use_skill"];

/** Loads every tool and says what it is for, in the order they are shown. */
export async function describeTools(): Promise<readonly ToolSummary[]> {
  const tools = await Promise.all(ENTRIES.map((entry) => entry.load()));
  return tools.map(({ name, description }) => ({ name, summary: description.split("\n", 1)[0] ?? "" }));
}
