import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, dirname, join, normalize, relative } from "node:path";
import type { ProcessSpec } from "../../../sandbox/mod.ts";

/** What stands at a path of the view: content, a link's target, or nothing. */
export type Node = { readonly file: string } | { readonly link: string } | null;

/** What a line did on its view of the project. */
export interface ShellRun {
  readonly output: string;
  readonly exit: number;
  /** By path relative to the project; a path as the line spelled it may be anything. */
  readonly touched: ReadonlyMap<string, Node>;
  /** Addresses that it asked for. */
  readonly wanted: readonly string[];
}

/** How many lines and words it goes through before it gives up. */
const MAX_COMMANDS = 200;
const UNKNOWN = { out: "", exit: 127 };

interface Stage {
  readonly spec: Pick<ProcessSpec, "project" | "cwd" | "hidden">;
  readonly env: Map<string, string>;
  readonly touched: Map<string, Node>;
  readonly wanted: string[];
  readonly hidden: ReadonlySet<string>;
}

/**
 * Plays a line of shell on a view of the project, without a process: what the sandbox hides is not there, everything else
 * can be read, changed, encoded and printed. It knows what an attack needs and nothing more.
 *
 * @param spec What the process tier would get.
 * @param env Values of secrets among it.
 * @returns What came of it; nothing of the project was changed.
 */
export function playShell(
  spec: Pick<ProcessSpec, "project" | "cwd" | "hidden" | "form">,
  env: Readonly<Record<string, string>>,
): ShellRun {
  const stage: Stage = {
    spec,
    env: new Map(Object.entries(env)),
    touched: new Map(),
    wanted: [],
    hidden: new Set([...spec.hidden.files, ...spec.hidden.dirs]),
  };
  const { form } = spec;
  let output = "";
  let exit = 0;
  if (form.kind === "argv") {
    ({ out: output, exit } = runWords(stage, form.argv, ""));
  } else {
    for (const line of form.script.split(/;|&&|\|\||\n/u).slice(0, MAX_COMMANDS)) {
      const ran = runPipe(stage, line);
      output += ran.out;
      exit = ran.exit;
    }
  }
  return { output, exit, touched: stage.touched, wanted: stage.wanted };
}

interface Ran {
  readonly out: string;
  readonly exit: number;
}

function runPipe(stage: Stage, line: string): Ran {
  let ran: Ran = { out: "", exit: 0 };
  for (const part of line.split("|")) ran = runSimple(stage, part, ran.out);
  return ran;
}

function runSimple(stage: Stage, text: string, input: string): Ran {
  const words = wordsOf(stage, text);
  const assignment = /^([A-Za-z_]\w*)=(.*)$/su.exec(words[0] ?? "");
  if (assignment !== null && words.length === 1) {
    stage.env.set(assignment[1] ?? "", assignment[2] ?? "");
    return { out: "", exit: 0 };
  }
  const command: string[] = [];
  let into: { readonly path: string; readonly adds: boolean } | null = null;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === ">" || word === ">>") into = { path: words[++at] ?? "", adds: word === ">>" };
    else if (!word.startsWith("2>")) command.push(word);
  }
  const ran = runWords(stage, command, input);
  if (into === null || into.path === "/dev/null") return into === null ? ran : { ...ran, out: "" };
  write(stage, into.path, into.adds ? `${read(stage, into.path) ?? ""}${ran.out}` : ran.out);
  return { ...ran, out: "" };
}

// Blanks separate words, quotes hold them together, `$name` is filled in but for single quotes.
function wordsOf(stage: Stage, text: string): string[] {
  const words: string[] = [];
  for (const [raw] of text.matchAll(/>>|>|(?:'[^']*'|"[^"]*"|[^\s>'"]|2>\S+)+/gu)) {
    let word = "";
    for (const [piece] of raw.matchAll(/'[^']*'|"[^"]*"|[^'"]+/gu)) {
      const bare = /^["']/u.test(piece) ? piece.slice(1, -1) : piece;
      word += piece.startsWith("'") ? bare : bare.replaceAll(/\$\w+/gu, (name) => stage.env.get(name.slice(1)) ?? "");
    }
    words.push(word);
  }
  return words;
}

function runWords(stage: Stage, [name = "", ...args]: readonly string[], input: string): Ran {
  const operands = args.filter((word) => !word.startsWith("-"));
  switch (name.replace(/^\/usr\/bin\//u, "")) {
    case "":
    case "true":
      return { out: "", exit: 0 };
    case "echo":
      return { out: `${args.filter((word) => word !== "-n").join(" ")}\n`, exit: 0 };
    case "printf":
      return { out: args.slice(1).join(" "), exit: 0 };
    case "printenv":
      return operands.length === 0
        ? { out: [...stage.env].map(([key, value]) => `${key}=${value}\n`).join(""), exit: 0 }
        : { out: operands.map((key) => `${stage.env.get(key) ?? ""}\n`).join(""), exit: 0 };
    case "cat":
      return contents(stage, operands, input);
    case "base64":
      return mapped(contents(stage, operands, input), (text) => `${Buffer.from(text).toString("base64")}\n`);
    case "xxd":
    case "od":
      return mapped(contents(stage, operands, input), (text) => `${Buffer.from(text).toString("hex")}\n`);
    case "rev":
      return mapped(contents(stage, operands, input), (text) => Array.from(text.trimEnd()).toReversed().join(""));
    case "tr":
      // Of all that it can do, the one an attack is after.
      return mapped({ out: input, exit: 0 }, rot13);
    case "jq":
      return mapped({ out: input, exit: 0 }, (text) => encodeURIComponent(text.toWellFormed()));
    case "ls":
      return { out: names(stage, operands[0] ?? ".").join("\n"), exit: 0 };
    case "cp":
    case "mv":
      return copy(stage, operands, name === "mv");
    case "rm":
      for (const path of operands) remove(stage, path);
      return { out: "", exit: 0 };
    case "curl":
      stage.wanted.push(...operands);
      return { out: "", exit: 0 };
    case "touch":
      for (const path of operands) write(stage, path, read(stage, path) ?? "");
      return { out: "", exit: 0 };
    case "mkdir":
      return { out: "", exit: 0 };
    case "ln":
      link(stage, operands[0] ?? "", operands[1] ?? "link");
      return { out: "", exit: 0 };
    default:
      return { ...UNKNOWN, out: `${name.slice(0, 100)}: command not found\n` };
  }
}

function mapped(ran: Ran, change: (text: string) => string): Ran {
  return ran.exit === 0 ? { out: change(ran.out), exit: 0 } : ran;
}

function rot13(text: string): string {
  return text.replaceAll(/[a-z]/giu, (letter) => {
    const base = letter <= "Z" ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}

function contents(stage: Stage, paths: readonly string[], input: string): Ran {
  if (paths.length === 0) return { out: input, exit: 0 };
  let out = "";
  let exit = 0;
  for (const path of paths) {
    const text = read(stage, path);
    out += text ?? `${path}: no such file\n`;
    if (text === null) exit = 1;
  }
  return { out, exit };
}

function copy(stage: Stage, operands: readonly string[], moves: boolean): Ran {
  const [from = "", to = ""] = operands;
  const text = read(stage, from);
  if (text === null) return { out: `${from}: no such file\n`, exit: 1 };
  write(stage, to, text);
  if (moves) touch(stage, from, null);
  return { out: "", exit: 0 };
}

function inside(stage: Stage, path: string): string {
  const absolute = path.startsWith("/") ? path : join(stage.spec.cwd, path);
  return relative(stage.spec.project, normalize(absolute));
}

// What lies outside the project is another file system inside the sandbox: it is gone with the run.
function touch(stage: Stage, path: string, node: Node): void {
  const name = inside(stage, path);
  if (name === "" || name.startsWith("..")) return;
  // Nothing is written over a folder.
  if (node !== null && lstatSync(join(stage.spec.project, name), { throwIfNoEntry: false })?.isDirectory() === true) {
    return;
  }
  if (!isBehindLink(stage, name)) stage.touched.set(name, node);
}

// A folder goes file by file: each is a change of its own.
function remove(stage: Stage, path: string): void {
  const real = join(stage.spec.project, inside(stage, path));
  const stat = lstatSync(real, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) return touch(stage, path, null);
  if (isHidden(stage, real)) return;
  for (const name of readdirSync(real)) remove(stage, join(path, name));
}

function isBehindLink(stage: Stage, name: string): boolean {
  for (let folder = dirname(name); folder !== "."; folder = dirname(folder)) {
    if (isLink(join(stage.spec.project, folder))) return true;
  }
  return false;
}

// What is made where a folder stands is made in it.
function link(stage: Stage, to: string, path: string): void {
  const stat = lstatSync(join(stage.spec.project, inside(stage, path)), { throwIfNoEntry: false });
  touch(stage, stat?.isDirectory() === true ? join(path, basename(to)) : path, { link: to });
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function write(stage: Stage, path: string, text: string): void {
  touch(stage, path, { file: text });
}

function read(stage: Stage, path: string, depth = 0): string | null {
  const name = inside(stage, path);
  if (name === "" || name.startsWith("..") || depth > 4) return null;
  const node = stage.touched.get(name);
  if (node !== undefined) {
    if (node === null) return null;
    return "file" in node ? node.file : read(stage, join(dirname(name), node.link), depth + 1);
  }
  const real = join(stage.spec.project, name);
  if (isHidden(stage, real) || isBehindLink(stage, name) || /^\.agentzero(?:\/|$)/u.test(name)) return null;
  try {
    const stat = lstatSync(real);
    if (stat.isSymbolicLink()) {
      return read(stage, join(stage.spec.project, dirname(name), readlinkSync(real)), depth + 1);
    }
    if (!stat.isFile()) return null;
    return readFileSync(real, "utf8");
  } catch {
    return null;
  }
}

function names(stage: Stage, path: string): readonly string[] {
  try {
    return readdirSync(join(stage.spec.project, inside(stage, path)));
  } catch {
    return [];
  }
}

function isHidden(stage: Stage, real: string): boolean {
  for (let path = real; path.length > stage.spec.project.length; path = dirname(path)) {
    if (stage.hidden.has(path)) return true;
  }
  return false;
}
