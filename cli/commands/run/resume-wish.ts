import type { ResumeWish } from "../../compose/conversation.ts";
import type { CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";

/**
 * Reads which conversation to go on with from `--continue` and `--resume`.
 *
 * @param input The command's input.
 * @returns The wish, or `null` for a new conversation.
 * @throws {CliError} `USAGE` when both are given.
 */
export function resumeWish(input: CommandInput): ResumeWish | null {
  const id = input.option("resume");
  if (input.flag("continue") && id !== undefined) {
    throw badUsage("Cannot go on with two conversations: --continue and --resume are given", "leave one out");
  }
  if (id !== undefined) return { kind: "id", id };
  return input.flag("continue") ? { kind: "newest" } : null;
}
