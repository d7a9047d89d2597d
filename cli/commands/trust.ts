import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `trust` and its subcommands: whose signatures count. */
export function register(program: Command, frame: Frame): void {
  const trust = program.command("trust")
    .description("say whose signed skills may be installed, and what must no longer be used")
    .addHelpText("after", examples("agentzero trust add example-org.pub --as example-org", "agentzero trust list"));
  trust.command("add")
    .description("pin a publisher's key for a namespace: the part of a skill's id before the slash")
    .argument("<pub>", "the publisher's minisign .pub file, or its key line")
    .requiredOption("--as <namespace>", "the namespace, e.g. example-org")
    .option("--confirm <digest>", "b2: of the key, seen elsewhere: the answer where nobody can be asked")
    .addHelpText(
      "after",
      examples(
        "agentzero trust add example-org.pub --as example-org",
        "agentzero trust add example-org.pub --as example-org --confirm b2:… --json",
      ),
    )
    .action(frame.action(async () => (await import("./trust/add.ts")).trustAdd));
  trust.command("list")
    .description("list pinned publishers, their statements, and what was revoked")
    .addHelpText("after", examples("agentzero trust list", "agentzero trust list --json"))
    .action(frame.action(async () => (await import("./trust/list.ts")).trustList));
  trust.command("revoke")
    .description("forbid a key, a skill or a package, installed or not, from now on")
    .argument("<what>", "a .pub file or key line, a key id, NAMESPACE/NAME, or b2: of a package")
    .requiredOption("--reason <text>", "why, for whoever is refused later")
    .addHelpText(
      "after",
      examples('agentzero trust revoke example-org/pdf-report --reason "sends the workspace away"'),
    )
    .action(frame.action(async () => (await import("./trust/revoke.ts")).trustRevoke));
  trust.command("rotate")
    .description("take over a publisher's signed statement: new keys, their times, revocations")
    .argument("<file>", "publisher.json; its signatures are FILE.minisig and FILE.NAME.minisig beside it")
    .option("--sig <file>", "another signature (repeatable)", collect)
    .addHelpText("after", examples("agentzero trust rotate publisher.json"))
    .action(frame.action(async () => (await import("./trust/rotate.ts")).trustRotate));
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
