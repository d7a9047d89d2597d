import { type Command, Option } from "commander";
import { examples, type Frame } from "../context.ts";

const PLACE = "where the value may go";

/** Declares `vault`. Values come from a terminal or stdin, never from the command line; there is no `get`. */
export function register(program: Command, frame: Frame): void {
  const vault = program.command("vault")
    .description("keep secrets as handles: no command prints a value, and the model never sees one")
    .addHelpText("after", examples("agentzero vault set github/token", "agentzero vault list --json"));
  registerValues(vault, frame);
  registerPlaces(vault, frame);
  vault.command("import <file>")
    .description("store the values of a dotenv file; the file stays as it is")
    .option("--group <name>", "first part of the handles (default: name of the file's folder)")
    .option("--dry-run", "only say what would be stored")
    .addHelpText(
      "after",
      examples("agentzero vault import .env --dry-run", "agentzero vault import .env --group webapp"),
    )
    .action(frame.action(async () => (await import("./vault/import-values.ts")).vaultImport));
  vault.command("scan <path>")
    .description("look for known values, in any spelling, in files or stdin (-)")
    .option("--history", "also look into all git objects of the folder")
    .option("--patterns", "also look for what resembles a credential or personal data")
    .addHelpText(
      "after",
      examples("agentzero vault scan src", "git diff | agentzero vault scan -", "agentzero vault scan . --history"),
    )
    .action(frame.action(async () => (await import("./vault/scan.ts")).vaultScan));
}

function registerValues(vault: Command, frame: Frame): void {
  const set = vault.command("set <handle> [value...]")
    .usage("<handle> [options]")
    .description("store a value: asked twice without echo, or read from stdin")
    .option("--note <text>", "a line for people")
    .option("--expires <date>", "do not resolve it from then on, e.g. 2031-12-31 (it stays masked)")
    .option("--update", "replace an existing value; the earlier one stays masked for 30 days");
  // A value on the command line would be in the shell's history and in the process list: whatever is left over is
  // refused unread.
  withPlace(set).allowUnknownOption()
    .addHelpText(
      "after",
      examples(
        "agentzero vault set github/token",
        "pass show github | agentzero vault set github/token --host api.github.com:443 --slot bearer",
      ),
    )
    .action(frame.action(async () => (await import("./vault/set.ts")).vaultSet));
  vault.command("rotate [handle] [value...]")
    .usage("[handle] [options]")
    .description("replace a value, or the key of the vault itself")
    .option("--forget", "do not keep the earlier value for masking")
    .option("--vault-key", "make a new vault key and encrypt everything anew")
    .addOption(new Option("--unlock <by>", "with --vault-key: how the vault is unlocked").choices(["key", "command"]))
    .option("--recipient <file>", "with --vault-key: also seal it to this public key (repeatable)", collect)
    .option("--drop-recipient <kid>", "with --vault-key: no longer seal it to this public key")
    .option("--new-recipient <dir>", "with --vault-key: make a key pair in this folder and seal the vault to it")
    .option("--accept-generation <n>", "accept an older vault file after you put a backup back; asks on the terminal")
    .allowUnknownOption()
    .addHelpText("after", examples("agentzero vault rotate github/token", "agentzero vault rotate --vault-key"))
    .action(frame.action(async () => (await import("./vault/rotate.ts")).vaultRotate));
}

function registerPlaces(vault: Command, frame: Frame): void {
  vault.command("list")
    .description("list handles, versions, dates and bindings")
    .addHelpText("after", examples("agentzero vault list", "agentzero vault list --json"))
    .action(frame.action(async () => (await import("./vault/list.ts")).vaultList));
  vault.command("rm <handle>")
    .description("remove a secret and its earlier values")
    .option("--yes", "do not ask")
    .addHelpText("after", examples("agentzero vault rm github/token --yes"))
    .action(frame.action(async () => (await import("./vault/remove.ts")).vaultRemove));
  withPlace(vault.command("bind <handle>"))
    .description(PLACE)
    .option("--clear", "remove all bindings")
    .addHelpText(
      "after",
      examples(
        "agentzero vault bind github/token --host api.github.com:443 --slot bearer --methods GET",
        "agentzero vault bind github/token --slot env:GH_TOKEN --command /usr/bin/gh",
      ),
    )
    .action(frame.action(async () => (await import("./vault/bind.ts")).vaultBind));
}

function withPlace(command: Command): Command {
  return command
    .option("--host <name:port>", "exact host, reached by TLS")
    .option("--slot <slot>", "bearer, basic:USER, header:NAME, env:NAME or component:b2:…")
    .option("--format <text>", 'for header: the value around the secret, e.g. "token {}"')
    .option("--methods <list>", "only these HTTP methods, e.g. GET,POST")
    .option("--tool <name>", "only this tool")
    .option("--skill <id>", "only this skill")
    .option("--provider <name>", "only this model provider")
    .option("--command <path>", "for env: the program that may receive it");
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
