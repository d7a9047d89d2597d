import type { Approver } from "../../../core/mod.ts";
import { createFlagApprover, createNobody } from "../../approvers.ts";
import { openComposedSession } from "../../compose.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import type { ExitCode } from "../../exit-codes.ts";
import { resultExit } from "../../output/call-exit.ts";
import { showResult } from "../../output/call-result.ts";
import { badUsage } from "../../usage.ts";
import { checkTool } from "./check-tool.ts";

/** Arguments may be as long as a file that `write` takes. */
const MAX_ARGS_BYTES = 96 * 1024 * 1024;

/** Makes one call as the person: the command `call`. */
export async function runCallCommand(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const tool = input.arg(0) ?? "";
  const args = parseArgs(await argsText(context, input.arg(1) ?? "{}"));
  const opened = await openComposedSession(context, {
    front: "call",
    approver: approverFor(context, input.flag("approve")),
    mode: "ask",
    project: "required",
    check: (project) => checkTool(tool, project),
    emit: () => {},
  });
  const { result } = await opened.session.call(tool, args, context.signal);
  await opened.close();
  if (context.json) context.output.json(result);
  else showResult(context.output, result);
  return resultExit(result);
}

/** `--approve` answers; else the person at the terminal; else nobody. */
function approverFor(context: CommandContext, approve: boolean): Approver {
  if (approve) return createFlagApprover();
  return context.terminal?.approver ?? createNobody();
}

async function argsText(context: CommandContext, given: string): Promise<string> {
  if (given !== "-") return given;
  const bytes = await context.readStdin(MAX_ARGS_BYTES);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw badUsage("Cannot read the arguments: standard input is not UTF-8", "pass JSON");
  }
}

function parseArgs(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const where = cause instanceof Error
      ? /position \d+|line \d+ column \d+|end of JSON/i.exec(cause.message)?.[0]
      : undefined;
    throw badUsage(
      `Cannot read the arguments: not JSON${where === undefined ? "" : ` (${where})`}`,
      `pass an object, e.g. '{"path":"README.md"}', or - to read it from stdin`,
    );
  }
}
