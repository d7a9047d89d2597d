import { SkillsError } from "../../../skills/mod.ts";
import { jsonInput } from "../../call-input.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import type { ExitCode } from "../../exit-codes.ts";
import { makeCall } from "./make-call.ts";
import { openTools } from "./open-tools.ts";

/** `tool run`: one call of a generated tool. */
export async function toolRun(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const tool = input.arg(0) ?? "";
  const args = await jsonInput(context, input.option("input") ?? "{}");
  const { tools } = await openTools(context);
  // What is no tool never becomes a call.
  if (!tools.has(tool)) {
    throw new SkillsError("NOT_FOUND", `Cannot run "${tool}": there is no such tool`, { hint: "agentzero tool list" });
  }
  return await makeCall(context, input, { tool, args });
}
