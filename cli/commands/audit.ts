import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `audit` and its subcommands. */
export function register(program: Command, frame: Frame): void {
  const audit = program.command("audit")
    .description("look at, check and hand out the record of what was decided and done")
    .addHelpText("after", examples("agentzero audit list", "agentzero audit verify --all"));
  registerReading(audit, frame);
  registerVerify(audit, frame);
  registerHandingOut(audit, frame);
  registerKeys(audit, frame);
}

function registerReading(audit: Command, frame: Frame): void {
  withFilter(audit.command("list").description("list the sessions of this project, newest first"))
    .addHelpText("after", examples("agentzero audit list --since 7d", "agentzero audit list --handle github/token"))
    .action(frame.action(async () => (await import("./audit/list.ts")).auditList));
  withFilter(audit.command("tail").description("show the newest events of the newest session"))
    .option("-f, --follow", "go on with each new event until interrupted")
    .option("-n, --lines <number>", "how many events", "20")
    .option("--key <file>", "read with this key instead of your own")
    .addHelpText("after", examples("agentzero audit tail -n 50", "agentzero audit tail -f --decision deny"))
    .action(frame.action(async () => (await import("./audit/tail.ts")).auditTail));
  withFilter(audit.command("show").description("show the events of a session, an execution or a call"))
    .argument("<id>", "ses_…, exe_… or call_…")
    .option("--seq <number>", "only this event, in full")
    .option("--proof", "print a proof that the event of --seq (or of exe_, call_) is in the record")
    .option("--key <file>", "read with this key instead of your own")
    .addHelpText(
      "after",
      examples("agentzero audit show ses_01K9…", "agentzero audit show ses_01K9… --seq 4 --proof > proof.json"),
    )
    .action(frame.action(async () => (await import("./audit/show.ts")).auditShow));
  withFilter(audit.command("stats").description("count decisions, approvals and redactions"))
    .option("--key <file>", "read with this key instead of your own")
    .addHelpText("after", examples("agentzero audit stats --since 30d --json"))
    .action(frame.action(async () => (await import("./audit/stats.ts")).auditStats));
}

function registerVerify(audit: Command, frame: Frame): void {
  withFilter(audit.command("verify").description("check that nothing was changed, removed, reordered or cut off"))
    .argument("[id]", "a session; without it all sessions")
    .option("--all", "all sessions (the default without an id)")
    .option("--pub <file>", "accept only this signing key, decrypt nothing")
    .option("--key [file]", "decrypt everything, with this key or your own")
    .option("--anchor <file>", "also compare with ledger lines kept elsewhere; may be repeated", collect, [])
    .option("--proof <file>", "check a proof that `audit show --proof` printed")
    .option("--strict", "sessions without an end and calls without a result count as problems")
    .addHelpText(
      "after",
      examples("agentzero audit verify --all", "agentzero audit verify ses_01K9… --pub auditor/agentzero.pub --json"),
    )
    .action(frame.action(async () => (await import("./audit/verify.ts")).auditVerify));
}

function registerHandingOut(audit: Command, frame: Frame): void {
  withFilter(audit.command("export").description("write decrypted events in a format for other tools"))
    .argument("[id]", "a session; without it the newest, with --all every one")
    .requiredOption("--format <format>", "jsonl, csv, html, ocsf or otlp")
    .option("--all", "all sessions")
    .option("--out <file>", "write here (mode 0600) instead of to stdout")
    .option("--redact", "replace targets and reasons by keyed tags")
    .option("--key <file>", "read with this key instead of your own")
    .addHelpText("after", examples("agentzero audit export --format csv --all --out audit.csv --redact"))
    .action(frame.action(async () => (await import("./audit/export.ts")).auditExport));
  withFilter(audit.command("report").description("write one self-contained page for people"))
    .argument("[id]", "a session; without it the newest, with --all every one")
    .requiredOption("--out <file>", "the HTML file to write (mode 0600)")
    .option("--all", "all sessions")
    .option("--redact", "replace targets and reasons by keyed tags")
    .option("--key <file>", "read with this key instead of your own")
    .addHelpText("after", examples("agentzero audit report --all --since 30d --out report.html"))
    .action(frame.action(async () => (await import("./audit/report.ts")).auditReport));
}

function registerKeys(audit: Command, frame: Frame): void {
  const keys = audit.command("keys")
    .description("the keys of the record: who signs, who can read")
    .addHelpText("after", examples("agentzero audit keys", "agentzero audit keys pub > agentzero.pub"))
    .action(frame.action(async () => (await import("./audit/keys.ts")).auditKeys));
  keys.command("list").description("list signing and reading keys, and what protects them")
    .addHelpText("after", examples("agentzero audit keys list --json"))
    .action(frame.action(async () => (await import("./audit/keys.ts")).auditKeys));
  keys.command("pub").description("print the public key that an auditor pins")
    .option("--reader", "print the reading key instead, for somebody else's audit.auditor")
    .addHelpText("after", examples("agentzero audit keys pub > agentzero.pub"))
    .action(frame.action(async () => (await import("./audit/keys.ts")).auditKeysPub));
  keys.command("rotate").description("make a new reading key for new segments; older records stay readable")
    .option("--identity", "make a new signing key instead; the old one vouches for it in the ledgers")
    .addHelpText("after", examples("agentzero audit keys rotate"))
    .action(frame.action(async () => (await import("./audit/change-keys.ts")).auditKeysRotate));
  keys.command("passphrase").description("set, change or remove the passphrase of reading key and vault")
    .option("--new-passphrase-file <file>", "read the new passphrase from the first line of this file (mode 0600)")
    .option("--remove", "protect the keys by nothing but file permissions")
    .addHelpText("after", examples("agentzero audit keys passphrase"))
    .action(frame.action(async () => (await import("./audit/change-keys.ts")).auditKeysPassphrase));
  const recipient = keys.command("recipient").description("who else can read new segments")
    .addHelpText("after", examples('agentzero audit keys recipient add "azpub/1 audit-box 1f… …"'));
  recipient.command("add").description("write new segments for this reader too")
    .argument("<pub>", "the line `azpub/1 audit-box …`, or a file that holds it")
    .option("--only", "for auditors alone: what is recorded from now on you cannot read back yourself")
    .addHelpText("after", examples("agentzero audit keys recipient add auditor.pub"))
    .action(frame.action(async () => (await import("./audit/recipients.ts")).auditRecipientAdd));
  recipient.command("rm").description("stop writing new segments for a reader")
    .argument("<kid>", "16 hex digits, see `audit keys list`")
    .addHelpText("after", examples("agentzero audit keys recipient rm 1f0c9a7742d1e0b3"))
    .action(frame.action(async () => (await import("./audit/recipients.ts")).auditRecipientRemove));
}

function withFilter(command: Command): Command {
  return command
    .option("--since <time>", "from this time on: 2025-11-20, 2025-11-20T22:04:09Z, or an age like 90m, 12h, 7d")
    .option("--until <time>", "before this time")
    .option("--capability <word>", "e.g. file_write")
    .option("--decision <word>", "allow, allow_with_redaction, requires_approval or deny")
    .option("--handle <handle>", "only what used this secret, e.g. github/token");
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
