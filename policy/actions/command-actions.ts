import { join, sep } from "node:path";
import type { AtomicAction, Capability, Classification, PathTarget, SkillActor, Target } from "../../core/mod.ts";
import { PolicyError } from "../errors.ts";
import { readGit } from "./git.ts";
import { inspectCommand } from "./inspect.ts";
import { collectLiterals, type LiteralFile, parseText } from "./literals.ts";
import { gitOperands } from "./operands.ts";
import { packagesOf } from "./packages.ts";
import { programName, showWords } from "./words.ts";

/** What all actions of one line share. */
export interface ActionFacts {
  /** Real path of the folder that the line starts in. */
  readonly cwd: string;
  /** Real path of the project. */
  readonly project: string;
  readonly secrets: boolean;
  readonly tainted: boolean;
  readonly classes: readonly Classification[];
  readonly skill: SkillActor | null;
  readonly resolve: (input: string, base: string) => PathTarget;
}

/** One redirection of a command to a file. */
export interface FileRedirect {
  readonly target: PathTarget;
  readonly writes: boolean;
}

/** Collects the atomic actions of a line, each once. */
export interface ActionList {
  readonly actions: readonly AtomicAction[];
  /** A command whose words are known. */
  addCommand(words: readonly string[], text: string, redirects: readonly FileRedirect[]): void;
  /** A text that only a shell can read, and everything literal in it. */
  addOpaque(text: string, item: Item): void;
}

/** A command or text whose literal commands are decided as well. */
export type Item =
  | { readonly kind: "words"; readonly words: readonly string[]; readonly text: string; readonly depth: number }
  | { readonly kind: "code"; readonly code: string; readonly depth: number };

/** The most different commands of one line: more can be neither read by a person nor decided in time. */
export const MAX_COMMANDS = 250;
/** The most different actions of one line; `git add` of many files has one each. */
export const MAX_ACTIONS = 4000;

/**
 * Starts a list of actions.
 *
 * @param facts What they share.
 * @returns An empty list. Its methods throw {@link PolicyError} `COMMAND_INVALID` for more than {@link MAX_COMMANDS} or
 * {@link MAX_ACTIONS}.
 */
export function createActionList(facts: ActionFacts): ActionList {
  const actions: AtomicAction[] = [];
  const seen = new Set<string>();
  const files = new Set<string>();
  let commands = 0;

  function add(capability: Capability, target: Target, denyOnly = false): boolean {
    const key = keyOf(capability, target);
    if (seen.has(key)) return false;
    if (capability === "shell_command") commands++;
    if (commands > MAX_COMMANDS || actions.length >= MAX_ACTIONS) throw tooMany();
    seen.add(key);
    const { classes, tainted, skill } = facts;
    actions.push({
      capability,
      target,
      classes,
      tier: "host-supervised",
      tainted,
      skill,
      ...(denyOnly && { denyOnly }),
    });
    return true;
  }

  function addShell(argv: readonly string[] | null, text: string, redirects: readonly FileRedirect[]): boolean {
    const { cwd, secrets } = facts;
    const paths = redirects.map(({ target }) => target.real);
    const added = add("shell_command", { kind: "command", argv, text, cwd, redirects: paths, secrets });
    // What is written is decided after the run, what is read is masked: only a deny is worth saying before.
    for (const redirect of redirects) addRedirect(redirect);
    return added;
  }

  function addRedirect({ target, writes }: FileRedirect): void {
    add(writes ? "file_write" : "file_read", { ...target, staged: writes }, true);
  }

  function addRedirectTo({ file, writes }: LiteralFile): void {
    const key = `${writes} ${file}`;
    // Inside the sandbox these are its own: `2>/dev/tty` is no effect.
    if (file === "" || /^\/+(?:dev|proc)\//.test(file) || files.has(key)) return;
    files.add(key);
    try {
      addRedirect({ target: facts.resolve(file, facts.cwd), writes });
    } catch {
      // No path that a file can have: the redirection fails in the sandbox.
    }
  }

  /** What else a command does by what it is: operands of git, packages. */
  function addEffects(words: readonly string[]): void {
    const name = programName(words[0] ?? "");
    if (name === "git") {
      const { operands, writes } = readGit(words);
      for (const target of gitOperands(operands, facts.cwd, facts.project)) add("file_read", target, true);
      if (writes) add("file_write", gitFolder(facts.project), true);
    }
    for (const { capability, target } of packagesOf(name, words)) add(capability, target);
  }

  function addItem(first: Item): void {
    const todo = [first];
    for (let item = todo.pop(); item !== undefined; item = todo.pop()) {
      if (item.kind === "code") {
        const { depth } = item;
        const found = collectLiterals(parseText(item.code), depth);
        for (const file of found.files) addRedirectTo(file);
        for (const code of found.code.toReversed()) todo.push({ kind: "code", code, depth: depth + 1 });
        for (const command of found.commands.toReversed()) todo.push({ kind: "words", ...command, depth: depth + 1 });
      } else if (item.words.length > 0 && addShell(item.words, item.text, [])) {
        const { depth, words } = item;
        addEffects(words);
        for (const inner of inspectCommand(words).inner) {
          todo.push(inner.kind === "code" ? { ...inner, depth } : { ...inner, text: showWords(inner.words), depth });
        }
      }
    }
  }

  return {
    actions,
    addCommand(words, text, redirects) {
      addShell(words, text, redirects);
      addEffects(words);
    },
    addOpaque(text, item) {
      addShell(null, text, []);
      addItem(item);
    },
  };
}

/** `.git` as a whole, the way the changes of a run are put to policy afterwards. */
function gitFolder(project: string): PathTarget {
  const path = join(project, ".git");
  return { kind: "path", real: path, lexical: path, file: "directory", staged: true };
}

function keyOf(capability: Capability, target: Target): string {
  switch (target.kind) {
    case "path":
      return `${capability} ${target.real}${sep}${target.lexical}`;
    case "command":
      return `${capability} ${JSON.stringify(target.argv ?? target.text)} ${JSON.stringify(target.redirects)}`;
    case "package":
      return `${capability} ${target.id} ${target.version}`;
    default:
      return `${capability} ${JSON.stringify(target)}`;
  }
}

function tooMany(): PolicyError {
  return new PolicyError("COMMAND_INVALID", `Cannot plan command: it does more than ${MAX_COMMANDS} different things`, {
    hint: "run its parts as separate commands, or put them into a script file",
  });
}
