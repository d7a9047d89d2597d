import { shape } from "../../core/mod.ts";
import { fileAction, shortPath } from "./file-action.ts";
import { defineTool, type Tool } from "./tool.ts";
import { writeEffect } from "./write-effect.ts";

/** Writes a whole file, atomically; keeps the mode of an existing one. */
export const write: Tool = defineTool({
  name: "write",
  description: "Writes a whole file; makes missing folders. Use `edit` for small changes.",
  trust: "core",
  readOnly: false,
  args: shape.object({ path: shape.string(), content: shape.string() }),
  plan(args, context) {
    const action = fileAction(context, "file_write", args.path);
    return {
      title: `Write ${shortPath(context.project, action.target.real)}`,
      tier: "host-supervised",
      actions: [action],
      handles: [],
      async prepare(look) {
        const before = await look.state(action.target.real, context.limits.writeBytes);
        return writeEffect(context, action.target, { before, content: args.content });
      },
    };
  },
});
