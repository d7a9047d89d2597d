import type { Command } from "commander";
import { examples, type Frame } from "../context.ts";

/** Declares `policy` and its subcommands. */
export function register(program: Command, frame: Frame): void {
  const policy = program.command("policy")
    .description("what is allowed here, and why: check, explain, trust and test policy.yml")
    .addHelpText("after", examples("agentzero policy status", "agentzero policy explain file_read --path README.md"));
  registerLooking(policy, frame);
  registerExplain(policy, frame);
  registerTrust(policy, frame);
  registerTesting(policy, frame);
  registerHistory(policy, frame);
}

function registerLooking(policy: Command, frame: Frame): void {
  policy.command("status").description("show which files count, the compiled bundle and remembered answers")
    .addHelpText("after", examples("agentzero policy status", "agentzero policy status --json"))
    .action(frame.action(async () => (await import("./policy/status.ts")).policyStatus));
  policy.command("check").description("load files as a session would: form, tests, examples; and show what lint finds")
    .argument("[files...]", "policy files; without one that of the project")
    .addHelpText("after", examples("agentzero policy check", "agentzero policy check draft.yml --json"))
    .action(frame.action(async () => (await import("./policy/check.ts")).policyCheck));
  policy.command("lint").description("look for rules that do not do what they seem to")
    .argument("[files...]", "policy files; without one that of the project")
    .option("--strict", "fail on warnings too")
    .addHelpText("after", examples("agentzero policy lint --strict"))
    .action(frame.action(async () => (await import("./policy/lint.ts")).policyLint));
  policy.command("diff").description("compare what two policies decide, with an example of each difference")
    .argument("<a>", "a file, or: active, lkg, default, private")
    .argument("<b>", "the same")
    .option("--fail-on <kind>", "exit 1 if anything became: looser")
    .addHelpText("after", examples("agentzero policy diff active draft.yml --fail-on looser"))
    .action(frame.action(async () => (await import("./policy/diff.ts")).policyDiff));
  policy.command("schema").description("print the JSON Schema of policy.yml, for editors")
    .addHelpText("after", examples("agentzero policy schema > policy.schema.json"))
    .action(frame.action(async () => (await import("./policy/schema.ts")).policySchemaCommand));
}

function registerExplain(policy: Command, frame: Frame): void {
  policy.command("explain").description(
    "say what would be decided, by which rule, and what nearly matched; runs nothing",
  )
    .argument("[capability]", "e.g. file_read, shell_command, network_request")
    .option("--path <path>", "file or folder, relative to the project or absolute")
    .option("--command <line>", "a shell line")
    .option("--argv <json>", 'a JSON array of words, e.g. ["npm","test"]')
    .option("--url <url>", "the URL of a request")
    .option("--host <host>", "a host name or address")
    .option("--port <number>", "default 443")
    .option("--method <verb>", "default GET")
    .option("--address <ip...>", "what the host resolves to")
    .option("--secret <handle>", "a handle, e.g. github/token")
    .option("--inject <slot>", "how it is delivered, e.g. bearer or env:TOKEN")
    .option("--program <path>", "which program receives it")
    .option("--skill <name>", "the acting skill or generated tool, or the one to load")
    .option("--package <id>", "a package, e.g. acme/pdf or generated:word-count")
    .option("--import <name>", "a host import, e.g. az:host/filesystem")
    .option("--provider <name>", "a model provider")
    .option("--model <name>", "a model")
    .option("--class <words>", "classes of the data, joined by commas; default private")
    .option("--tier <word>", "isolation tier; each capability has a usual one")
    .option("--remote", "the model runs elsewhere")
    .option("--tainted", "untrusted text shaped the request")
    .option("--staged", "the write is a change that a command made")
    .option("--secrets", "the command gets secret values in its environment")
    .option("--last", "explain the newest recorded call again, with the rules of now")
    .option("--call <id>", "explain this recorded call again, with the rules of now")
    .addHelpText(
      "after",
      examples(
        "agentzero policy explain file_read --path README.md",
        'agentzero policy explain shell_command --command "npm test" --tainted',
        "agentzero policy explain network_request --url https://docs.example.com/ --json",
        "agentzero policy explain --last",
      ),
    )
    .action(frame.action(async () => (await import("./policy/explain.ts")).policyExplain));
}

function registerTrust(policy: Command, frame: Frame): void {
  policy.command("trust").description("let the policy of a project allow things: shows what changes, then asks")
    .argument("[file]", "a project's .agentzero/policy.yml; without it that of this project")
    .option("--sha256 <hex>", "the hash you have seen; without a terminal this is the answer")
    .addHelpText("after", examples("agentzero policy trust", "agentzero policy trust --sha256 4bd41657…"))
    .action(frame.action(async () => (await import("./policy/trust.ts")).policyTrust));
  policy.command("untrust").description("let the policy of a project only deny and ask again")
    .argument("[file]", "a project's .agentzero/policy.yml; without it that of this project")
    .option("--all", "every project")
    .addHelpText("after", examples("agentzero policy untrust", "agentzero policy untrust --all"))
    .action(frame.action(async () => (await import("./policy/untrust.ts")).policyUntrust));
}

function registerTesting(policy: Command, frame: Frame): void {
  policy.command("test").description(
    "run *.policy-test.yml, and the tests inside the layers, on the rules that count now",
  )
    .argument("[paths...]", "test files or folders; without one the project")
    .option("--coverage", "list rules that no test reaches")
    .option("--mutate", "list rules whose effect could be flipped unnoticed")
    .addHelpText("after", examples("agentzero policy test", "agentzero policy test ci/ --coverage --mutate --json"))
    .action(frame.action(async () => (await import("./policy/test.ts")).policyTest));
}

function registerHistory(policy: Command, frame: Frame): void {
  policy.command("replay").description("decide what recorded sessions did again, with another policy")
    .argument("<sessions...>", "ses_…")
    .requiredOption("--policy <file>", "the policy to try")
    .option("--layer <layer>", "the layer it stands in for: system, user or project", "project")
    .option("--fail-on <kind>", "exit 1 if anything became: looser, or differs: any")
    .addHelpText("after", examples("agentzero policy replay ses_01K9… --policy draft.yml --fail-on looser"))
    .action(frame.action(async () => (await import("./policy/replay.ts")).policyReplay));
  policy.command("suggest").description("propose the smallest rules for what you approved; prints, applies nothing")
    .option("--session <id>", "only this session")
    .option("--since <time>", "from this time on, e.g. 7d", "7d")
    .option("--min <number>", "approved at least this often", "2")
    .addHelpText("after", examples("agentzero policy suggest --since 30d --min 3"))
    .action(frame.action(async () => (await import("./policy/suggest.ts")).policySuggest));
}
