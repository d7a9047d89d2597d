import type { Command } from "commander";
import { examples, type Frame } from "../../context.ts";

/** Declares what a publisher does: make, check, pack, sign. */
export function registerAuthor(skill: Command, frame: Frame): void {
  skill.command("init <name>")
    .description("make a skill folder that can be packed")
    .option("--namespace <ns>", "the part of its id before the slash", "example")
    .addHelpText(
      "after",
      examples("agentzero skill init pdf-report", "agentzero skill init pdf-report --namespace example-org"),
    )
    .action(frame.action(async () => (await import("./init.ts")).skillInit));
  skill.command("validate <path>")
    .description("say everything that is wrong with a skill folder or package; exit 1 if anything is")
    .addHelpText(
      "after",
      examples("agentzero skill validate pdf-report", "agentzero skill validate pdf-report-1.2.0.azs --json"),
    )
    .action(frame.action(async () => (await import("./validate.ts")).skillValidate));
  skill.command("pack <dir>")
    .description("pack a skill folder: one byte string for one content")
    .option("-o, --out <file>", "write it here (default: NAME-VERSION.azs)")
    .option("--seq <n>", "number of the release (default: from the version)")
    .option("--previous <file>", "package of the last release, to be named in this one")
    .option("--sign <key>", "sign it at once with this key of yours")
    .addHelpText(
      "after",
      examples(
        "agentzero skill pack pdf-report",
        "agentzero skill pack pdf-report --previous pdf-report-1.1.0.azs --sign example-org",
      ),
    )
    .action(frame.action(async () => (await import("./pack.ts")).skillPack));
  skill.command("sign <file>")
    .description("sign a package with a key of yours; writes FILE.minisig")
    .option("--key <name>", "name of the key, see `agentzero key list`")
    .option("--external", "only print the minisign command, for a key that is kept elsewhere")
    .addHelpText(
      "after",
      examples(
        "agentzero skill sign pdf-report-1.2.0.azs --key example-org",
        "agentzero skill sign pdf-report-1.2.0.azs --external",
      ),
    )
    .action(frame.action(async () => (await import("./sign.ts")).skillSign));
  skill.command("verify <file>")
    .description("check signature, publisher and content of a package; nothing is installed")
    .option("--key <pub>", "the publisher's .pub file (default: the keys you pinned)")
    .option("--sig <file>", "the signature (default: FILE.minisig)")
    .addHelpText(
      "after",
      examples(
        "agentzero skill verify pdf-report-1.2.0.azs",
        "agentzero skill verify pdf-report-1.2.0.azs --key example-org.pub --json",
      ),
    )
    .action(frame.action(async () => (await import("./verify.ts")).skillVerify));
}
