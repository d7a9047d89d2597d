import type { CommandContext, CommandInput } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

/**
 * Sets up on a terminal, as editors offer it: makes the folder a project and says what works here and what is missing.
 *
 * @param context The command's context.
 * @param input Its options.
 * @returns 0, or 1 when either of them failed.
 */
export async function runSetup(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const [{ runInit }, { runDoctor }] = await Promise.all([
    import("../commands/init/run-init.ts"),
    import("../commands/doctor/run-doctor.ts"),
  ]);
  const made = await runInit(context, input) ?? EXIT.ok;
  const looked = await runDoctor(context) ?? EXIT.ok;
  return made === EXIT.ok && looked === EXIT.ok ? EXIT.ok : EXIT.failed;
}
