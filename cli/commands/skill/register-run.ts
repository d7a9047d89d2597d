import type { Command } from "commander";
import { examples, type Frame } from "../../context.ts";

/** Declares `skill run`. */
export function registerRun(skill: Command, frame: Frame): void {
  skill.command("run")
    .description("run a skill through the gate, without a model")
    .argument("<name>", "its name; agentzero skill list shows them")
    .option("--input <json>", "what it takes, as JSON; - reads it from stdin", "{}")
    .option("--approve", "answer every question of this one run with yes, once; a deny stays a deny")
    .addHelpText(
      "after",
      examples(
        "agentzero skill run license-check",
        `agentzero skill run license-check --input '{"allow":["MIT","ISC","Apache-2.0"],"fail_on":"high"}' --json`,
        "agentzero skill run repo-security-audit --approve",
      ),
    )
    .action(frame.action(async () => (await import("./run.ts")).runSkillCommand));
}
