import { relative, resolve } from "node:path";
import { labelOf } from "../../../core/mod.ts";
import { readForeignTool } from "../../../skills/mod.ts";
import { jsonInput, parseJsonInput } from "../../call-input.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import type { ExitCode } from "../../exit-codes.ts";
import { readNamedText } from "../../read-named-text.ts";
import { badUsage } from "../../usage.ts";
import { makeCall } from "./make-call.ts";

const MAX_BYTES = 2 * 1024 * 1024;

/** `tool generate`: registers a tool, through the same gate as `generate_tool` of a model. */
export async function toolGenerate(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const file = input.arg(0);
  const from = input.option("from");
  if ((file === undefined) === (from === undefined)) {
    throw badUsage(
      "Cannot generate a tool: name a definition or --from DIR, one of them",
      "agentzero tool generate --help",
    );
  }
  if (from !== undefined) {
    const dir = resolve(context.cwd, from);
    const shown = relative(context.cwd, dir) || ".";
    // Threat: somebody else's program, made one's own unread. It counts as text of a file, and is shown as such.
    const label = labelOf("file", ["private"], shown);
    return await makeCall(context, input, { tool: "generate_tool", args: readForeignTool(dir), label });
  }
  const args = file === "-" ? await jsonInput(context, "-") : readDefinitionFile(context, file ?? "");
  return await makeCall(context, input, { tool: "generate_tool", args });
}

function readDefinitionFile(context: CommandContext, shown: string): unknown {
  const text = readNamedText(resolve(context.cwd, shown), `"${shown}"`, {
    maxBytes: MAX_BYTES,
    hint: "name a JSON file that holds the definition of a tool, or - for stdin",
  });
  return parseJsonInput(text, shown);
}
