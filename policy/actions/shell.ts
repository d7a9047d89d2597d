import { isAbsolute, resolve } from "node:path";
import type { AtomicAction, Classification, PathTarget, SkillActor } from "../../core/mod.ts";
import { PolicyError } from "../errors.ts";
import { type ActionFacts, createActionList, type FileRedirect } from "./command-actions.ts";
import { inspectCommand } from "./inspect.ts";
import { type FolderOf, takeLeadingCd } from "./leading-cd.ts";
import { resolvePath } from "./paths.ts";
import { hasInvisible, type PlainCommand, type PlainStatement, readPlain } from "./plain.ts";
import { printScript, showCommand } from "./print.ts";
import { quoteWord, showWords } from "./words.ts";

/** A command as a tool call has it: a line for a shell, or an argv. */
export interface CommandInput {
  /** A line for bash. Exactly one of `command` and `argv` is given. */
  readonly command?: string | undefined;
  /** The words of one program. */
  readonly argv?: readonly string[] | undefined;
  /** Real path of the folder to start in. */
  readonly cwd: string;
  /** Real path of the project. */
  readonly project: string;
  /** The absolute path of a program on the fixed PATH of the sandbox, or `null`. */
  readonly lookup: (word: string) => string | null;
  /** `true` when secret values would be in the environment. */
  readonly secrets: boolean;
  /** Did untrusted text shape it? */
  readonly tainted: boolean;
  /** Classes of the data concerned; `private` when absent. */
  readonly classes?: readonly Classification[] | undefined;
  /** On whose behalf; nobody else's when absent. */
  readonly skill?: SkillActor | null | undefined;
  /** How paths are resolved: on disk unless said otherwise. Tests inside a policy file pass one that never looks. */
  readonly resolve?: ((input: string, base: string) => PathTarget) | undefined;
}

/** What would really run. */
export type CommandForm =
  /** One program without a shell; `program` is absolute. */
  | { readonly kind: "argv"; readonly argv: readonly string[]; readonly program: string }
  /** A text for `bash -c`. */
  | { readonly kind: "script"; readonly script: string };

/** A command, understood as far as it can be. */
export interface CommandPlan {
  /** What the sandbox gets. */
  readonly form: CommandForm;
  /** Real path of the folder it starts in, after a leading `cd FOLDER &&`. */
  readonly cwd: string;
  /** `true` when its words do not say what would run. */
  readonly opaque: boolean;
  /** One line a person reads. */
  readonly text: string;
  /** Every atomic action of the line; those for secrets are the caller's. */
  readonly actions: readonly AtomicAction[];
}

/** The longest command in UTF-8 bytes. */
export const MAX_COMMAND_BYTES = 16_384;
/** Each is looked up on disk; no honest command has more. */
const MAX_REDIRECTS = 16;
/** The sandbox takes no longer script; thousands of `a;` print to more. */
const MAX_SCRIPT_BYTES = 65_536;

/**
 * Turns a command into what policy decides and what the sandbox runs. Total: any text gives a plan or a coded error.
 *
 * A *plain* line consists of words that mean the same to every shell; it runs as the words that were decided. Any other
 * is *opaque*: it runs as it stands, no `argv` of an `allow` can match it, and every literal command in it is decided
 * besides, so that a `deny` reaches into substitutions, wrappers and code in quotes.
 *
 * @example
 * ```ts
 * parseCommand({ command: "git status | head -3", cwd, project: cwd, lookup, secrets: false, tainted: true }).form;
 * // { kind: "script", script: "'/usr/bin/git' 'status' | '/usr/bin/head' '-3'" }
 * ```
 * @param input The command and where it would run.
 * @returns Form, folder and actions.
 * @throws {PolicyError} `COMMAND_INVALID` for a command that is empty, longer than 16 KiB, not text, or too nested or
 * too long to be decided whole.
 */
export function parseCommand(input: CommandInput): CommandPlan {
  const { command, argv } = input;
  if (command !== undefined && argv === undefined) return planText(input, checkText(command));
  if (argv !== undefined && command === undefined) return planArgv(input, checkArgv(argv));
  throw invalid("expected either `command` or `argv`", "give one of the two");
}

function planText(input: CommandInput, command: string): CommandPlan {
  const { text, script, cwd } = takeLeadingCd(command, input.cwd, folderFinder(input.resolve));
  if (script.commands.length === 0 && (script.errors ?? []).length === 0) throw invalid("there is no command in it");
  const facts = factsOf(input, cwd);
  const actions = createActionList(facts);
  const statements = readPlain(script, text);
  const known = statements === null ? null : knownCommands(statements, input.lookup, facts);
  if (statements === null || known === null) {
    // Literal commands of a plain tree are found by the same walk: nothing is decided by a second reading.
    actions.addOpaque(text, { kind: "code", code: text, depth: 0 });
    return { form: { kind: "script", script: text }, cwd, opaque: true, text, actions: actions.actions };
  }
  for (const [item, { redirects }] of known) actions.addCommand(item.words, showCommand(item), redirects);
  const only = known.size === 1 && statements.length === 1 ? [...known][0] : undefined;
  const form: CommandForm = only !== undefined && only[0].redirects.length === 0
    ? { kind: "argv", argv: only[0].words, program: only[1].program }
    : { kind: "script", script: checkSize(printScript(statements, (item) => known.get(item)?.program ?? "")) };
  return { form, cwd, opaque: false, text: showStatements(statements), actions: actions.actions };
}

/** Where nothing may be looked up on disk, every path that can be one is a folder. */
function folderFinder(lexical: CommandInput["resolve"]): FolderOf | undefined {
  if (lexical === undefined) return undefined;
  return (path) => {
    try {
      return lexical(path, path).real;
    } catch {
      return null;
    }
  };
}

/** An argv has no grammar to disagree about; wrappers, interpreters and foreign paths stay opaque. */
function planArgv(input: CommandInput, argv: readonly string[]): CommandPlan {
  const { cwd } = input;
  const text = showWords(argv);
  const word = argv[0] ?? "";
  const actions = createActionList(factsOf(input, cwd));
  const program = word.includes("/") ? (isAbsolute(word) ? word : resolve(cwd, word)) : input.lookup(word);
  const opaque = word.includes("/") || program === null || inspectCommand(argv).opaque || argv.some(hasInvisible);
  if (opaque) actions.addOpaque(text, { kind: "words", words: argv, text, depth: 0 });
  else actions.addCommand(argv, text, []);
  const form: CommandForm = program === null
    // A builtin, or nothing at all: bash says which, with every word quoted.
    ? { kind: "script", script: argv.map(quoteWord).join(" ") }
    : { kind: "argv", argv, program };
  return { form, cwd, opaque, text, actions: actions.actions };
}

interface Known {
  readonly program: string;
  readonly redirects: readonly FileRedirect[];
}

/** The commands of plain statements with their programs, or `null` when one of them hides what would run. */
function knownCommands(
  statements: readonly PlainStatement[],
  lookup: CommandInput["lookup"],
  facts: ActionFacts,
): ReadonlyMap<PlainCommand, Known> | null {
  const known = new Map<PlainCommand, Known>();
  const programs = new Map<string, string | null>();
  for (const command of statements.flatMap((statement) => statement.pipelines.flat())) {
    const word = command.words[0] ?? "";
    // Threat: `./git` or `../bin/ls` is whatever the project says it is.
    const program = word.includes("/") ? null : programs.get(word) ?? lookup(word);
    programs.set(word, program);
    const redirects = fileRedirects(command, facts);
    if (program === null || redirects === null || inspectCommand(command.words).opaque) return null;
    known.set(command, { program, redirects });
  }
  return known;
}

/** Real targets of redirections, or `null` when one has none. `/dev/null` is no action. */
function fileRedirects(
  command: PlainCommand,
  { cwd, resolve: resolveFile }: ActionFacts,
): readonly FileRedirect[] | null {
  const found: FileRedirect[] = [];
  if (command.redirects.length > MAX_REDIRECTS) return null;
  for (const redirect of command.redirects) {
    if (redirect.kind !== "file" || redirect.file === "/dev/null") continue;
    try {
      found.push({ target: resolveFile(redirect.file, cwd), writes: redirect.operator !== "<" });
    } catch {
      return null;
    }
  }
  return found;
}

function showStatements(statements: readonly PlainStatement[]): string {
  return statements.map(({ pipelines, operators }) =>
    pipelines.map((pipeline, at) =>
      `${pipeline.map(showCommand).join(" | ")}${at < operators.length ? ` ${operators[at]} ` : ""}`
    )
      .join("")
  ).join("; ");
}

function factsOf(input: CommandInput, cwd: string): ActionFacts {
  const { project, secrets, tainted, classes = ["private"], skill = null } = input;
  return { cwd, project, secrets, tainted, classes, skill, resolve: input.resolve ?? resolvePath };
}

function checkText(text: string): string {
  if (text.includes("\0")) throw invalid("it holds a NUL character");
  if (!text.isWellFormed()) throw invalid("it is not well-formed text");
  if (text.length > MAX_COMMAND_BYTES || Buffer.byteLength(text) > MAX_COMMAND_BYTES) {
    throw invalid(`it is longer than ${MAX_COMMAND_BYTES} bytes`, "write the text to a script file and run that");
  }
  if (text.trim() === "") throw invalid("it is empty");
  return text;
}

function checkSize(script: string): string {
  if (Buffer.byteLength(script) <= MAX_SCRIPT_BYTES) return script;
  throw invalid("it consists of too many commands", "put them into a script file and run that");
}

function checkArgv(argv: readonly string[]): readonly string[] {
  if (argv.length === 0 || argv[0] === "") throw invalid("there is no program in it");
  let bytes = 0;
  for (const word of argv) {
    if (word.includes("\0")) throw invalid("a word holds a NUL character");
    if (!word.isWellFormed()) throw invalid("a word is not well-formed text");
    bytes += Buffer.byteLength(word) + 1;
  }
  if (bytes > MAX_COMMAND_BYTES) throw invalid(`it is longer than ${MAX_COMMAND_BYTES} bytes`);
  return argv;
}

function invalid(seen: string, hint?: string): PolicyError {
  return new PolicyError("COMMAND_INVALID", `Cannot plan command: ${seen}`, { hint });
}
