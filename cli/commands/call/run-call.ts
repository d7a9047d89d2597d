import { TOOL_NAMES } from "../../../session/mod.ts";
import { approverFor, jsonInput } from "../../call-input.ts";
import { openComposedSession } from "../../compose.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import type { ExitCode } from "../../exit-codes.ts";
import { resultExit } from "../../output/call-exit.ts";
import { showResult } from "../../output/call-result.ts";
import { checkTool } from "./check-tool.ts";

/** Makes one call as the person: the command `call`. */
export async function runCallCommand(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const tool = input.arg(0) ?? "";
  const args = await jsonInput(context, input.arg(1) ?? "{}");
  const opened = await openComposedSession(context, {
    front: "call",
    approver: approverFor(context, input.flag("approve")),
    mode: "ask",
    project: "required",
    // Skills are opened by who needs them: most calls read or run something.
    skills: tool === "use_skill" || namesSkill(args),
    generated: tool === "generate_tool" || !TOOL_NAMES.includes(tool),
    check: (project) => checkTool(tool, project),
    emit: () => {},
  });
  const { result } = await opened.session.call(tool, args, context.signal);
  await opened.close();
  if (context.json) context.output.json(result);
  else showResult(context.output, result);
  return resultExit(result);
}

function namesSkill(args: unknown): boolean {
  return typeof args === "object" && args !== null && "path" in args && typeof args.path === "string" &&
    args.path.startsWith("skill:");
}
