import { shape } from "../../core/mod.ts";
import { SessionError } from "../errors.ts";
import { fileAction, shortPath } from "./file-action.ts";
import { defineTool, type Tool } from "./tool.ts";
import { decodeText, notRegular, tooMuch, writeEffect } from "./write-effect.ts";

/** Replaces exact text in a file: one place, or with `all` every place. */
export const edit: Tool = defineTool({
  name: "edit",
  description: "Replaces `old` by `new` in a text file. `old` must stand there exactly once, unless `all` is true.",
  trust: "core",
  readOnly: false,
  args: shape.object({
    path: shape.string(),
    old: shape.string({ min: 1 }),
    new: shape.string(),
    all: shape.withDefault(shape.flag(), false),
  }),
  plan(args, context) {
    const written = fileAction(context, "file_write", args.path);
    const name = shortPath(context.project, written.target.real);
    return {
      title: `Edit ${name}`,
      tier: "host-supervised",
      actions: [fileAction(context, "file_read", args.path), written],
      handles: [],
      async prepare(look) {
        const before = await look.state(written.target.real, context.limits.writeBytes);
        if (!before.exists) {
          throw new SessionError("NOT_FOUND", `Cannot edit "${name}": there is no such file`, {
            hint: "make it with write",
          });
        }
        if (before.kind !== "file") throw notRegular(name, before.kind);
        const text = before.bytes === null ? null : decodeText(before.bytes);
        if (text === null) {
          throw new SessionError("TOOL_ERROR", `Cannot edit "${name}": it is not UTF-8 text, or too large`);
        }
        const places = countPlaces(name, text, args);
        // Threat: a short text in many places, replaced by a long one, is more than memory holds.
        const bytes = Buffer.byteLength(text) + places * (Buffer.byteLength(args.new) - Buffer.byteLength(args.old));
        if (bytes > context.limits.writeBytes) throw tooMuch(context, name, bytes);
        const content = text.replaceAll(args.old, () => args.new);
        return writeEffect(context, written.target, { before, content });
      },
    };
  },
});

function countPlaces(
  name: string,
  text: string,
  change: { readonly old: string; readonly all: boolean },
): number {
  let places = 0;
  for (let at = text.indexOf(change.old); at >= 0; at = text.indexOf(change.old, at + change.old.length)) places++;
  if (places === 0) {
    throw new SessionError("TOOL_ERROR", `Cannot edit "${name}": the text to replace does not stand there`, {
      hint: "read the file again; blanks and line ends must match exactly",
    });
  }
  if (places > 1 && !change.all) {
    throw new SessionError("TOOL_ERROR", `Cannot edit "${name}": the text to replace stands there ${places} times`, {
      hint: "give more of the surrounding text, or set `all`",
    });
  }
  return places;
}
