import type { Command, ParsedScript, Redirection, Statement, Word, WordPart } from "unbash";

/** A redirection to a file that is named literally, or between two descriptors. */
export type PlainRedirect =
  | {
    readonly kind: "file";
    readonly operator: ">" | ">>" | ">|" | "<" | "&>";
    readonly descriptor: number | null;
    readonly file: string;
  }
  | { readonly kind: "descriptor"; readonly descriptor: number | null; readonly to: number };

/** One command whose every word is known. */
export interface PlainCommand {
  readonly words: readonly string[];
  readonly redirects: readonly PlainRedirect[];
}

/** Pipelines joined by `&&` and `||`; a pipeline is one or more commands. */
export interface PlainStatement {
  readonly pipelines: readonly (readonly PlainCommand[])[];
  /** One fewer than pipelines. */
  readonly operators: readonly ("&&" | "||")[];
}

const FILE_OPERATORS: ReadonlySet<string> = new Set([">", ">>", ">|", "<", "&>"]);
/** Control, format and separator characters: what a person reads may not be what runs. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const INVISIBLE_IN_TEXT = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/**
 * Reads a syntax tree as plain words. Everything not listed here makes the text opaque, so that a construct nobody
 * thought of is never taken for words.
 *
 * @param script What the parser made of the text.
 * @param text The text itself.
 * @returns The statements, or `null` when the text is opaque.
 */
export function readPlain(script: ParsedScript, text: string): readonly PlainStatement[] | null {
  if (hasErrors(script) || hasInvisible(text)) return null;
  return all(script.commands, readStatement);
}

/** Tells whether the parser met a mistake. */
export function hasErrors(script: ParsedScript): boolean {
  return script.errors !== undefined && script.errors.length > 0;
}

/** Tells whether a text holds a control or format character besides newline and tab. */
export function hasInvisible(text: string): boolean {
  return INVISIBLE_IN_TEXT.test(text);
}

/**
 * Reads a word that is the same in every environment.
 *
 * @param word A word of the tree.
 * @returns Its value, or `null` when a shell would expand it or it holds a control character.
 */
export function plainWord(word: Word): string | null {
  const literal = word.parts === undefined ? !hasTilde(word.text) : word.parts.every(isPlainPart);
  return literal && !INVISIBLE.test(word.value) ? word.value : null;
}

/**
 * Reads a command of literal words and redirections.
 *
 * @param node A node of the tree.
 * @returns The command, or `null`.
 */
export function plainCommand(node: { readonly type: string } | Command): PlainCommand | null {
  if (!isCommand(node) || node.name === undefined) return null;
  // A quoted name (`'git'`, `g\it`) hides from a reader which program it is.
  if (node.name.parts !== undefined || node.name.text !== node.name.value) return null;
  if (node.prefix.some((item) => item.type === "Assignment")) return null;
  const words = all([node.name, ...node.args], (item) => (item.type === "Word" ? plainWord(item) : null));
  const redirects = all(node.redirects, readRedirect);
  return words === null || redirects === null ? null : { words, redirects };
}

function readStatement(statement: Statement): PlainStatement | null {
  if (statement.background === true) return null;
  const node = statement.command;
  const pipelines = node.type === "AndOr" ? all(node.commands, readPipeline) : all([node], readPipeline);
  return pipelines === null ? null : { pipelines, operators: node.type === "AndOr" ? node.operators : [] };
}

function readPipeline(node: Statement["command"]): readonly PlainCommand[] | null {
  if (node.type !== "Pipeline") return all([node], plainCommand);
  if (node.prefixes.length > 0 || node.operators.some((operator) => operator !== "|")) return null;
  return all(node.commands, plainCommand);
}

function readRedirect(node: Redirection): PlainRedirect | null {
  if (node.type !== "Redirect" || node.target === undefined) return null;
  if (node.descriptor !== undefined && node.descriptor.type !== "FileDescriptor") return null;
  const descriptor = node.descriptor === undefined ? null : node.descriptor.value;
  if (descriptor !== null && descriptor > 9) return null;
  const target = plainWord(node.target);
  if (target === null || target === "") return null;
  if (node.operator === ">&") {
    return /^[0-9]$/.test(node.target.text) ? { kind: "descriptor", descriptor, to: Number(target) } : null;
  }
  // Threat: bash opens a connection for `/dev/tcp/HOST/PORT`, and `/dev/fd/N` is whatever N is.
  if (target !== "/dev/null" && /^\/+(?:dev|proc)(?:\/|$)/.test(target)) return null;
  if (!isFileOperator(node.operator) || (node.operator === "&>" && descriptor !== null)) return null;
  return { kind: "file", operator: node.operator, descriptor, file: target };
}

function isPlainPart(part: WordPart): boolean {
  switch (part.type) {
    case "Literal":
      return !hasTilde(part.text);
    case "SingleQuoted":
      return true;
    case "DoubleQuoted":
      return part.parts.every((child) => child.type === "Literal");
    default:
      return false;
  }
}

/** `~` is expanded at the start of a word and, in words like assignments, after `=` and `:`. */
function hasTilde(text: string): boolean {
  return /(?:^|[:=])~/.test(text);
}

function isFileOperator(operator: string): operator is ">" | ">>" | ">|" | "<" | "&>" {
  return FILE_OPERATORS.has(operator);
}

function isCommand(node: { readonly type: string }): node is Command {
  return node.type === "Command";
}

/** Maps a list, or gives `null` as soon as one item has no value. */
function all<Item, Value>(items: readonly Item[], read: (item: Item) => Value | null): readonly Value[] | null {
  const values: Value[] = [];
  for (const item of items) {
    const value = read(item);
    if (value === null) return null;
    values.push(value);
  }
  return values;
}
