import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `doctor`. */
export function register(program: Command, frame: Frame): void {
  program.command("doctor")
    .description("say what works here, what is missing, and the one command that mends it; changes nothing")
    .addHelpText("after", examples("agentzero doctor", "agentzero doctor --json"))
    .action(frame.action(async () => (await import("./doctor/run-doctor.ts")).runDoctor));
}
