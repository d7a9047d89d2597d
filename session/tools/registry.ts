import { edit } from "./edit.ts";
import { fetchTool } from "./fetch.ts";
import { list } from "./list.ts";
import { read } from "./read.ts";
import { search } from "./search.ts";
import { shell } from "./shell.ts";
import type { Tool } from "./tool.ts";
import { write } from "./write.ts";

/** The tools of every session, in the order they are shown. */
export const BUILTIN_TOOLS: ReadonlyMap<string, Tool> = new Map(
  [read, list, search, write, edit, shell, fetchTool].map((tool) => [tool.name, tool]),
);
