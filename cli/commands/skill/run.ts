import type { CommandContext, CommandInput } from "../../context.ts";
import { type ComposedSession, openComposedSession } from "../../compose.ts";
import { projectTools } from "../../compose/generated.ts";
import { SkillsError } from "../../../skills/mod.ts";
import { CliError } from "../../errors.ts";
import type { ExitCode } from "../../exit-codes.ts";
import { resultExit } from "../../output/call-exit.ts";
import { showResult } from "../../output/call-result.ts";
import { approverFor, jsonInput } from "../../call-input.ts";

/** Runs a skill without a model: the command `skill run`. */
export async function runSkillCommand(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const name = input.arg(0) ?? "";
  const args = await jsonInput(context, input.option("input") ?? "{}");
  let tier: string | null = null;
  const opened = await openComposedSession(context, {
    front: "call",
    approver: approverFor(context, input.flag("approve")),
    mode: "ask",
    project: "required",
    skills: true,
    emit(event): void {
      // What a guest was refused, and what it logs, is for who looks after the run.
      if (context.json) return;
      if (event.type === "notice") context.output.note(event.text);
      if (event.type === "decision") tier ??= event.tier;
      // What a script prints is its output, which is shown when it has ended.
      if (event.type === "tool_output" && tier === "wasm-sandbox") context.output.note(event.text.replace(/\n$/u, ""));
    },
  });
  try {
    // A skill that cannot be run never becomes a call: its own code says why.
    await opened.session.offerSkill(name).catch((cause: unknown) => {
      // Only of a name that no skill has: a revoked or changed skill must not be told as somebody else's tool.
      const unknown = cause instanceof SkillsError && cause.code === "LOCK_MISSING";
      throw (unknown ? toolInstead(context, opened, name) : null) ?? cause;
    });
    const { result } = await opened.session.call(name, args, context.signal);
    await opened.close();
    if (context.json) context.output.json(result);
    else showResult(context.output, { ...result, output: readable(result.output) });
    return resultExit(result);
  } finally {
    await opened.close();
  }
}

/** Generated tools have a name among skills and a command of their own. */
function toolInstead(context: CommandContext, { installation, project }: ComposedSession, name: string): Error | null {
  if (project === null || !projectTools(context, installation, project).has(name)) return null;
  return new CliError("NOT_FOUND", `Cannot run skill "${name}": it is a generated tool`, {
    hint: `agentzero tool run ${name}`,
  });
}

// Most skills answer in JSON, on one line: that is for programs.
function readable(output: string | null): string | null {
  if (output === null || !/^[{[]/u.test(output)) return output;
  try {
    return JSON.stringify(JSON.parse(output), null, 2);
  } catch {
    return output;
  }
}
