import { relative, resolve } from "node:path";
import { labelOf } from "../../../core/mod.ts";
import { readForeignTool, readRegular } from "../../../skills/mod.ts";
import { jsonInput, parseJsonInput } from "../../call-input.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import type { ExitCode } from "../../exit-codes.ts";
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
  // Threat: a device or FIFO where a file is expected, which never ends.
  const file = readRegular(resolve(context.cwd, shown), MAX_BYTES);
  const hint = "name a JSON file that holds the definition of a tool, or - for stdin";
  if (file.kind === "missing") {
    throw new CliError("NOT_FOUND", `Cannot read "${shown}": there is no such file`, { hint });
  }
  if (file.kind === "refused") {
    throw new CliError(
      file.why === "size" ? "INPUT_TOO_LARGE" : "INPUT_INVALID",
      `Cannot read "${shown}": ${file.seen}`,
      {
        hint,
      },
    );
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(file.bytes);
  } catch (cause) {
    throw new CliError("INPUT_INVALID", `Cannot read "${shown}": it is not UTF-8 text`, { hint, cause });
  }
  return parseJsonInput(text, shown);
}
