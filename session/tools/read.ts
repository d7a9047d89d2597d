import { shape } from "../../core/mod.ts";
import { unpresented } from "./present.ts";
import { readPlan } from "./read-plan.ts";
import { defineTool, type Tool } from "./tool.ts";

/** Reads lines of a text file; of a binary file only size, type and digest. */
export const read: Tool = defineTool({
  name: "read",
  description: "Reads a text file of the project. `offset` is the first line (from 1), `limit` the number of lines. " +
    "Binary files give size, type and digest only.",
  trust: "file",
  readOnly: true,
  args: shape.object({
    path: shape.string(),
    offset: shape.optional(shape.integer({ min: 1 })),
    limit: shape.optional(shape.integer({ min: 1 })),
  }),
  plan: (args, context) =>
    readPlan(context, args.path, {
      verb: "Read",
      effect: ({ real, name }) => ({
        backend: "files",
        spec: {
          op: "read",
          target: real,
          offset: args.offset ?? 1,
          limit: args.limit ?? null,
          maxBytes: context.limits.readBytes,
        },
        present(value) {
          if (value.op !== "read") return unpresented(value.op);
          const output = value.text ??
            `binary file: ${value.size} bytes, ${value.type}, ${value.digest ?? "too large to digest"}`;
          return {
            output,
            truncated: value.truncated,
            sources: [name],
            classes: value.binary ? ["unknown"] : [],
            error: null,
          };
        },
      }),
    }),
});
