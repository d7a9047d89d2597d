import { shape } from "../../core/mod.ts";
import { SANDBOX_BOUNDS } from "../../sandbox/mod.ts";
import { shortPath } from "./file-action.ts";
import { pathInLine, unpresented } from "./present.ts";
import { readPlan } from "./read-plan.ts";
import { within } from "./tool-limits.ts";
import { defineTool, type Tool } from "./tool.ts";

/** Searches text files; every file it opens is decided like a read, and what is left out is counted. */
export const search: Tool = defineTool({
  name: "search",
  description: "Searches text files below a path for a JavaScript regular expression, or for plain text with " +
    "`literal`. Gives `path:line: text`.",
  trust: "file",
  readOnly: true,
  args: shape.object({
    pattern: shape.string({ min: 1 }),
    path: shape.withDefault(shape.string(), "."),
    literal: shape.withDefault(shape.flag(), false),
    max: shape.optional(shape.integer({ min: 1, max: SANDBOX_BOUNDS.searchHits.max })),
  }),
  plan: (args, context) =>
    readPlan(context, args.path, {
      verb: "Search",
      detail: ` for ${args.pattern}`,
      effect: (folder) => ({
        backend: "files",
        spec: {
          op: "search",
          target: folder.real,
          pattern: args.pattern,
          literal: args.literal,
          maxHits: within(context.limits.searchHits, args.max),
          skip: ["node_modules"],
        },
        present(value) {
          if (value.op !== "search") return unpresented(value.op);
          const lines = value.hits.map(({ real, line, text }) =>
            `${pathInLine(shortPath(context.project, real))}:${line}: ${text}`
          );
          const left = [
            value.omitted > 0 ? `${value.omitted} left out by policy` : "",
            value.skipped > 0 ? `${value.skipped} binary or too large` : "",
          ].filter((part) => part !== "");
          lines.push(
            `(${[counted(value.hits.length, "hit"), `${counted(value.files, "file")} searched`, ...left].join("; ")})`,
          );
          return {
            output: lines.join("\n"),
            truncated: value.truncated,
            sources: [...new Set(value.hits.map(({ real }) => shortPath(context.project, real)))],
            classes: [],
            files: value.hits.map(({ real }) => real),
            error: null,
          };
        },
      }),
    }),
});

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
