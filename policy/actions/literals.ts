import { createRequire } from "node:module";
import type * as Unbash from "unbash";
import type { Command, ParsedScript, Redirect, SyntaxNode, Word, WordPart } from "unbash";
import { PolicyError } from "../errors.ts";
import { isShell } from "./interpreters.ts";
import { programName, showWord } from "./words.ts";

/** What a tree says literally: the commands in it, and the files it redirects to. */
export interface Literals {
  readonly commands: readonly LiteralCommand[];
  /** Texts that a shell inside would read as code. */
  readonly code: readonly string[];
  readonly files: readonly LiteralFile[];
}

/** A command; words that a shell would expand stand as they were written. */
export interface LiteralCommand {
  readonly words: readonly string[];
  /** The same for people: only words that are known are quoted. */
  readonly text: string;
}

/** A file of a redirection, as spelled. */
export interface LiteralFile {
  readonly file: string;
  readonly writes: boolean;
}

/** The deepest nesting of scripts inside scripts that is read. */
export const MAX_SCRIPT_DEPTH = 16;
const MAX_NODE_DEPTH = 256;

/** Loads the parser on first use: most calls are no commands. Planning is synchronous, so `import()` would not do. */
function loadUnbash(): typeof Unbash {
  const unbash: typeof Unbash = loaded ?? requireHere("unbash");
  loaded = unbash;
  return unbash;
}

const requireHere: NodeJS.Require = createRequire(import.meta.url);
let loaded: typeof Unbash | undefined;

/**
 * Parses shell text. The parser never fails on any text; a stack overflow would be the only way, and becomes a coded
 * error.
 *
 * @param text Shell text.
 * @returns The tree, with its errors.
 * @throws {PolicyError} `COMMAND_INVALID` when the text defeats the parser.
 */
export function parseText(text: string): ParsedScript {
  // Loaded outside: a parser that cannot be loaded is a fault of the installation, not of the text.
  const { parse } = loadUnbash();
  try {
    return parse(text);
  } catch (cause) {
    throw tooDeep(cause);
  }
}

/**
 * Collects every literal command of a tree: in pipelines, loops, functions, substitutions, here-documents and
 * arithmetic.
 *
 * @param script The tree.
 * @param depth How many scripts this one is nested in already.
 * @returns Commands, code and files.
 * @throws {PolicyError} `COMMAND_INVALID` when the tree is nested too deep to be read whole.
 */
export function collectLiterals(script: ParsedScript, depth: number): Literals {
  const found: Found = { commands: [], code: [], files: [] };
  const unbash = loadUnbash();
  const todo: { node: SyntaxNode; nodes: number; scripts: number }[] = [{ node: script, nodes: 0, scripts: depth }];
  try {
    for (let item = todo.pop(); item !== undefined; item = todo.pop()) {
      const { node, nodes } = item;
      const scripts = item.scripts + (node.type === "Script" ? 1 : 0);
      // Threat: what lies deeper than the parser looks would never be decided. Nothing honest is nested like this.
      if (scripts > MAX_SCRIPT_DEPTH || nodes > MAX_NODE_DEPTH) throw tooDeep();
      if (node.type === "Command") collectCommand(node, found);
      if (node.type === "Redirect") collectRedirect(node, found);
      const children: SyntaxNode[] = [];
      unbash.forEachChild(node, (child) => {
        children.push(child);
      });
      for (const child of children.toReversed()) todo.push({ node: child, nodes: nodes + 1, scripts });
    }
  } catch (cause) {
    throw cause instanceof PolicyError ? cause : tooDeep(cause);
  }
  return found;
}

interface Found {
  readonly commands: LiteralCommand[];
  readonly code: string[];
  readonly files: LiteralFile[];
}

function collectRedirect(redirect: Redirect, found: Found): void {
  const file = redirect.target === undefined ? null : staticValue(redirect.target);
  // `2>&1` and `>&-` name descriptors.
  if (file === null || (/^[<>]&$/.test(redirect.operator) && /^[0-9]*-?$/.test(file))) return;
  found.files.push({ file, writes: redirect.operator !== "<" });
}

function collectCommand(command: Command, found: Found): void {
  const name = command.name === undefined ? null : staticValue(command.name);
  if (name === null || name === "") return;
  const words = [name];
  const shown = [showWord(name)];
  for (const item of command.args) {
    const value = item.type === "Word" ? staticValue(item) : null;
    words.push(value ?? item.text);
    shown.push(value === null ? item.text : showWord(value));
  }
  found.commands.push({ words, text: shown.join(" ") });
  if (!isShell(programName(name))) return;
  for (const item of command.redirects) {
    // `bash <<E` and `bash <<< '…'`: the text is code.
    if (item.type === "HereDoc") found.code.push(item.body.text);
    if (item.type === "HereString" && item.target !== undefined) found.code.push(item.target.value);
  }
}

/** The value of a word that no environment changes, or `null`. */
function staticValue(word: Word): string | null {
  return word.parts === undefined || word.parts.every(isStatic) ? word.value : null;
}

function isStatic(part: WordPart): boolean {
  switch (part.type) {
    case "Literal":
    case "SingleQuoted":
    case "AnsiCQuoted":
      return true;
    case "DoubleQuoted":
    case "LocaleString":
      return part.parts.every((child) => child.type === "Literal");
    default:
      return false;
  }
}

function tooDeep(cause?: unknown): PolicyError {
  return new PolicyError("COMMAND_INVALID", "Cannot plan command: it is nested too deep to be read whole", {
    hint: "run its parts as separate commands, or put them into a script file",
    cause,
  });
}
