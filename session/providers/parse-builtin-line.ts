/** What a line asks for. */
export type BuiltinLine =
  | {
    readonly kind: "call";
    readonly tool: string;
    readonly args: Readonly<Record<string, unknown>>;
    /** `true` for the forms with `/` and `!`, which work with every model in `chat`. */
    readonly slash: boolean;
    /** `true` for `!!`: the output does not enter the context. */
    readonly silent: boolean;
  }
  | { readonly kind: "help" }
  /** A known form that is not complete, with the form as it should be. */
  | { readonly kind: "incomplete"; readonly form: string; readonly why: string }
  | { readonly kind: "other" };

/** The forms the built-in model understands, for people. */
export const BUILTIN_FORMS: readonly string[] = [
  "/read PATH              or: read PATH, show PATH, open PATH, cat PATH",
  "/list [PATH]            or: list [PATH], ls [PATH]",
  "/search PATTERN [in PATH]   or: search, find, grep",
  "/shell COMMAND          or: !COMMAND, run COMMAND",
  "/fetch URL",
  "/skill NAME",
  "/tool NAME [JSON]",
  "/call TOOL JSON",
  "help",
];

const MAX_SEARCH_CHARS = 5_200;
const OTHER: BuiltinLine = { kind: "other" };
const NAME = /^[A-Za-z0-9@][A-Za-z0-9@._/-]{0,127}$/;

/**
 * Parses one line of the built-in model. Total: every text has an answer, nothing is executed.
 *
 * @example
 * ```ts
 * parseBuiltinLine('search for "TODO" in src'); // search {pattern: "TODO", path: "src"}
 * ```
 * @param text What the person typed.
 * @returns At most one call.
 */
export function parseBuiltinLine(text: string): BuiltinLine {
  const line = text.trim();
  // One line is one call: a second one would be read as part of a path or command.
  if (line === "" || /[\r\n\u2028\u2029]/.test(line)) return OTHER;
  if (line.startsWith("!!")) return commandOf(line.slice(2), "!!COMMAND", { silent: true });
  if (line.startsWith("!")) return commandOf(line.slice(1), "!COMMAND", {});
  const [, word = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
  if (word.startsWith("/")) return slashForm(word.slice(1), rest);
  return plainForm(word.toLowerCase(), rest);
}

function slashForm(word: string, rest: string): BuiltinLine {
  switch (word.toLowerCase()) {
    case "read": {
      const path = wholeText(rest);
      return path === "" ? incomplete("/read PATH", "the path is missing") : call("read", { path });
    }
    case "list": {
      const path = wholeText(rest);
      return call("list", path === "" ? {} : { path });
    }
    case "search":
      return searchOf(rest, true) ?? incomplete("/search PATTERN [in PATH]", "the pattern is missing");
    case "shell":
      return commandOf(rest, "/shell COMMAND", {});
    case "fetch":
      return rest === "" ? incomplete("/fetch URL", "the address is missing") : call("fetch", { url: wholeText(rest) });
    case "skill":
      return NAME.test(rest) ? call("use_skill", { name: rest }) : incomplete("/skill NAME", "the name is missing");
    case "tool":
      return toolOf(rest, "/tool NAME [JSON]", false);
    case "call":
      return toolOf(rest, "/call TOOL JSON", true);
    case "help":
      return { kind: "help" };
    default:
      return OTHER;
  }
}

function plainForm(verb: string, rest: string): BuiltinLine {
  switch (verb) {
    case "help":
      return rest === "" ? { kind: "help" } : OTHER;
    case "read":
    case "show":
    case "open":
    case "cat": {
      const path = oneWord(withoutFiller(rest, /^(?:(?:the\s+)?file\s+)?/i));
      return path === null || path === "" ? OTHER : call("read", { path }, false);
    }
    case "list":
    case "ls": {
      const path = oneWord(withoutFiller(rest, /^(?:(?:the\s+)?files?(?:\s+in)?(?:\s+|$))?/i));
      return path === null ? OTHER : call("list", path === "" ? {} : { path }, false);
    }
    case "search":
    case "find":
    case "grep":
      return searchOf(withoutFiller(rest, /^(?:for\s+)?/i), false) ?? OTHER;
    case "run":
      return rest === "" ? OTHER : call("shell", { command: rest }, false);
    default:
      return OTHER;
  }
}

function withoutFiller(text: string, filler: RegExp): string {
  // "read the" asks for a file called "the": the filler must leave something.
  const rest = text.replace(filler, "");
  return rest === "" && !/^(?:the\s+)?files?(?:\s+in)?$/i.test(text) ? text : rest;
}

function searchOf(rest: string, slash: boolean): BuiltinLine | null {
  // Longer than any pattern and path; also bounds the expressions below, which are quadratic in blanks.
  if (rest.length > MAX_SEARCH_CHARS) return null;
  const quoted = /^(?:"([^"]*)"|'([^']*)')(?:\s+in\s+(\S.*))?$/i.exec(rest);
  if (quoted !== null) {
    const pattern = quoted[1] ?? quoted[2] ?? "";
    const path = quoted[3] === undefined ? null : pathWord(quoted[3], slash);
    if (pattern === "" || (quoted[3] !== undefined && path === null)) return null;
    return call("search", path === null ? { pattern } : { pattern, path }, slash);
  }
  // The last " in " counts: "grep sign in src" looks for "sign" in src.
  const split = /^(\S.*)\s+in\s+(\S.*)$/i.exec(rest);
  const path = split?.[2] === undefined ? null : pathWord(split[2], slash);
  if (split?.[1] !== undefined && path !== null) return call("search", { pattern: split[1], path }, slash);
  return rest === "" ? null : call("search", { pattern: rest }, slash);
}

function pathWord(text: string, slash: boolean): string | null {
  const path = slash ? wholeText(text) : oneWord(text);
  return path === "" ? null : path;
}

/** The rest of a line as one value: quotes around all of it fall away, blanks inside stay. */
function wholeText(text: string): string {
  const quoted = /^"([^"]*)"$|^'([^']*)'$/.exec(text.trim());
  return quoted === null ? text.trim() : quoted[1] ?? quoted[2] ?? "";
}

/** One word or one quoted text, or `null`: "open the door" is a sentence, not a path. */
function oneWord(text: string): string | null {
  const quoted = /^"([^"]*)"$|^'([^']*)'$/.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? "";
  return /\s/.test(text) || text.startsWith("-") ? null : text;
}

function commandOf(rest: string, form: string, more: { readonly silent?: true }): BuiltinLine {
  const command = rest.trim();
  if (command === "") return incomplete(form, "the command is missing");
  return { kind: "call", tool: "shell", args: { command }, slash: true, silent: more.silent === true };
}

function toolOf(rest: string, form: string, needsArgs: boolean): BuiltinLine {
  const [, name = "", json = ""] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
  if (!NAME.test(name)) return incomplete(form, "the name is missing");
  if (json === "") return needsArgs ? incomplete(form, "the arguments are missing") : call(name, {});
  const args = parseObject(json);
  return args === null ? incomplete(form, "the arguments are not a JSON object") : call(name, args);
}

function parseObject(json: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : null;
  } catch {
    return null;
  }
}

function call(tool: string, args: Readonly<Record<string, unknown>>, slash = true): BuiltinLine {
  return { kind: "call", tool, args, slash, silent: false };
}

function incomplete(form: string, why: string): BuiltinLine {
  return { kind: "incomplete", form, why };
}
