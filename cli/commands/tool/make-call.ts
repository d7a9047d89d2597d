import type { Label } from "../../../core/mod.ts";
import { approverFor } from "../../call-input.ts";
import { openComposedSession } from "../../compose.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import type { ExitCode } from "../../exit-codes.ts";
import { resultExit } from "../../output/call-exit.ts";
import { showResult } from "../../output/call-result.ts";

/**
 * Makes one call of a tool as the person, through the same gate as `call`.
 *
 * @param context The command's context.
 * @param input For `--approve`.
 * @param call Tool and arguments.
 * @returns What to end with.
 */
export async function makeCall(
  context: CommandContext,
  input: CommandInput,
  call: {
    readonly tool: string;
    readonly args: unknown;
    /** Where the arguments come from, when not from the person. */
    readonly label?: Label;
  },
): Promise<ExitCode> {
  const opened = await openComposedSession(context, {
    front: "call",
    approver: approverFor(context, input.flag("approve")),
    mode: "ask",
    project: "required",
    generated: true,
    emit(event): void {
      if (!context.json && event.type === "notice") context.output.note(event.text);
    },
  });
  const { session } = opened;
  const { tool, args, label } = call;
  const { result } = label === undefined
    ? await session.call(tool, args, context.signal)
    : await session.callWith({ tool, args, label }, context.signal);
  await opened.close();
  if (context.json) context.output.json(result);
  else showResult(context.output, result);
  return resultExit(result);
}
