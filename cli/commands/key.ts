import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `key`: your own signing keys. The secret half never leaves the vault unless you type its name. */
export function register(program: Command, frame: Frame): void {
  const key = program.command("key")
    .description("keep the keys that sign your skill packages")
    .addHelpText("after", examples("agentzero key generate example-org", "agentzero key export example-org"));
  key.command("generate <name>")
    .description("make a key: the secret half sealed in the vault, the public half in keys/NAME.pub, pinned for you")
    .option("--namespace <ns>", "namespace that it signs for (default: its name)")
    .addHelpText(
      "after",
      examples("agentzero key generate example-org", "agentzero key generate work --namespace example-org --json"),
    )
    .action(frame.action(async () => (await import("./key/generate.ts")).keyGenerate));
  key.command("list")
    .description("list your keys and the namespaces they are pinned for")
    .addHelpText("after", examples("agentzero key list", "agentzero key list --json"))
    .action(frame.action(async () => (await import("./key/list.ts")).keyList));
  key.command("export <name>")
    .description("print the public half, for those who install your skills")
    .option("--secret", "write the secret half, unprotected, to --out; asks for the name on the terminal")
    .option("-o, --out <file>", "write it here")
    .addHelpText(
      "after",
      examples(
        "agentzero key export example-org > example-org.pub",
        "agentzero key export example-org --secret --out k",
      ),
    )
    .action(frame.action(async () => (await import("./key/export.ts")).keyExport));
}
