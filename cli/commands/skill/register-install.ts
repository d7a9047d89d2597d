import type { Command } from "commander";
import { examples, type Frame } from "../../context.ts";

/** Declares the subcommands of `skill` that install, list and move packages. */
export function registerInstall(skill: Command, frame: Frame): void {
  withCredential(
    skill.command("install")
      .description("install a skill: checked whole, then you approve each of its permissions")
      .argument("<source>", "./DIR, ./FILE.azs, or oci:HOST[:PORT]/REPO[:TAG][@sha256:…]")
      .option("--sig <file>", "its signature, if it is not FILE.minisig beside it")
      .option("--key <pub>", "the publisher's .pub file: shown and pinned at a terminal, if nobody is pinned yet")
      .option("--grant <digest>", "b2: of the permissions: the answer where nobody can be asked")
      .option("--content <digest>", "b2: of the package: the answer to changed content")
      .option("--allow-downgrade", "an older release than was seen here, after you typed its name at a terminal"),
  )
    .addHelpText(
      "after",
      examples(
        "agentzero skill install ./pdf-report-1.2.0.azs",
        "agentzero skill install oci:registry.example.com/example-org/pdf-report:1.2.0",
        "agentzero skill install ./pdf-report-1.2.0.azs --grant b2:… --json",
      ),
    )
    .action(frame.action(async () => (await import("./install.ts")).skillInstall));
  skill.command("list")
    .description("list the skills here, also those that are refused, and why")
    .addHelpText("after", examples("agentzero skill list", "agentzero skill list --json"))
    .action(frame.action(async () => (await import("./list.ts")).skillList));
  skill.command("info")
    .description("check an installed skill as a run would, and show what it may do")
    .argument("<name>", "its name")
    .addHelpText("after", examples("agentzero skill info pdf-report"))
    .action(frame.action(async () => (await import("./info.ts")).skillInfo));
  skill.command("remove")
    .description("take a skill out of this project: its pin and what you granted it")
    .argument("<name>", "its name")
    .addHelpText("after", examples("agentzero skill remove pdf-report"))
    .action(frame.action(async () => (await import("./remove.ts")).skillRemove));
  withCredential(
    skill.command("push")
      .description("put a signed package into a registry")
      .argument("<file>", "FILE.azs")
      .argument("<reference>", "oci:HOST[:PORT]/REPO:TAG")
      .option("--sig <file>", "its signature, if it is not FILE.minisig beside it"),
  )
    .addHelpText(
      "after",
      examples("agentzero skill push pdf-report-1.2.0.azs oci:127.0.0.1:5000/example-org/pdf-report:1.2.0"),
    )
    .action(frame.action(async () => (await import("./push.ts")).skillPush));
  withCredential(
    skill.command("pull")
      .description("get a package and its signature from a registry, without installing")
      .argument("<reference>", "oci:HOST[:PORT]/REPO[:TAG][@sha256:…]")
      .option("-o, --out <dir>", "folder to write into (default: here)"),
  )
    .addHelpText(
      "after",
      examples("agentzero skill pull oci:127.0.0.1:5000/example-org/pdf-report:1.2.0 -o downloads"),
    )
    .action(frame.action(async () => (await import("./pull.ts")).skillPull));
}

function withCredential(command: Command): Command {
  return command
    .option("--credential <handle>", "a secret of the vault for the registry, bound to its host")
    .option("--as <slot>", "how it is sent: bearer or basic:USER");
}
