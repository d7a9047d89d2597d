import { shape } from "../../core/mod.ts";
import { pathInLine, unpresented } from "./present.ts";
import { readPlan } from "./read-plan.ts";
import { defineTool, type Tool } from "./tool.ts";

const MAX_DEPTH = 16;

/** Lists a folder: one entry a line, folders end in `/`, links in `@`. */
export const list: Tool = defineTool({
  name: "list",
  description: "Lists a folder of the project, one entry a line; folders end in `/`. `depth` 1 is the folder itself.",
  trust: "file",
  readOnly: true,
  args: shape.object({
    path: shape.withDefault(shape.string(), "."),
    depth: shape.optional(shape.integer({ min: 1, max: MAX_DEPTH })),
  }),
  plan: (args, context) =>
    readPlan(context, args.path, {
      verb: "List",
      effect: ({ real, name }) => ({
        backend: "files",
        spec: {
          op: "list",
          target: real,
          depth: args.depth ?? 1,
          maxEntries: context.limits.listEntries,
        },
        present(value) {
          if (value.op !== "list") return unpresented(value.op);
          const lines = value.entries.map(({ path, kind, size }) =>
            `${pathInLine(path)}${MARKS[kind]}${size === null ? "" : `  ${size}`}`
          );
          if (value.omitted > 0) lines.push(`(${value.omitted} folders left out by policy)`);
          if (value.truncated) lines.push("(there is more: list a folder below)");
          return {
            output: lines.join("\n"),
            truncated: value.truncated,
            sources: [name],
            classes: [],
            error: null,
          };
        },
      }),
    }),
});

const MARKS = { file: "", directory: "/", symlink: "@", special: "!" } as const;
