/** One assignment of a dotenv file. */
export interface DotenvEntry {
  readonly key: string;
  readonly value: string;
  /** Line of the key, from 1. */
  readonly line: number;
  /** `true` when the value refers to another variable, which is never filled in. */
  readonly refers: boolean;
}

/** What a dotenv file says. */
export interface Dotenv {
  readonly entries: readonly DotenvEntry[];
  /** Lines that are no assignment. */
  readonly bad: readonly number[];
}

const START = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*/;
const QUOTES: ReadonlySet<string> = new Set(['"', "'", "`"]);

/**
 * Reads a dotenv file: `KEY=VALUE`, `export`, comments, single quotes and backticks (literal), double quotes (with
 * `\n \r \t \" \\ \$`), quoted values over several lines. Nothing is interpolated.
 *
 * @param text The file, untrusted.
 * @returns Its assignments in order, and the lines that are none.
 */
export function parseDotenv(text: string): Dotenv {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const entries: DotenvEntry[] = [];
  const bad: number[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    if (/^[ \t]*(?:#|$)/.test(line)) continue;
    const start = START.exec(line);
    const key = start?.[1];
    if (start === null || key === undefined) {
      bad.push(i + 1);
      continue;
    }
    const read = readValue(lines, i, start[0].length);
    if (read === null) bad.push(i + 1);
    else {
      entries.push({ key, value: read.value, line: i + 1, refers: read.refers });
      i = read.last;
    }
  }
  return { entries, bad };
}

interface ReadValue {
  readonly value: string;
  readonly refers: boolean;
  /** Index of the last line it takes. */
  readonly last: number;
}

function readValue(lines: readonly string[], index: number, at: number): ReadValue | null {
  const first = (lines[index] ?? "").slice(at);
  const quote = first[0] ?? "";
  if (!QUOTES.has(quote)) {
    // A comment begins at ` #`; a `#` inside a value belongs to it.
    const value = first.replace(/(?:^|[ \t])#.*$/, "").trim();
    return { value, refers: /\$\{[A-Za-z_]/.test(value), last: index };
  }
  const parts: string[] = [];
  for (let i = index; i < lines.length; i++) {
    const line = i === index ? first.slice(1) : lines[i] ?? "";
    const end = closingQuote(line, quote);
    parts.push(end === null ? line : line.slice(0, end));
    if (end === null) continue;
    // Nothing but a comment may follow.
    if (!/^[ \t]*(?:#.*)?$/.test(line.slice(end + 1))) return null;
    const raw = parts.join("\n");
    if (quote !== '"') return { value: raw, refers: false, last: i };
    return { value: unescape(raw), refers: /(?:^|[^\\])\$\{[A-Za-z_]/.test(raw), last: i };
  }
  return null;
}

function closingQuote(line: string, quote: string): number | null {
  for (let i = 0; i < line.length; i++) {
    if (quote === '"' && line[i] === "\\") i++;
    else if (line[i] === quote) return i;
  }
  return null;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unescape(raw: string): string {
  return raw.replaceAll(/\\([nrt"\\$])/g, (_, unit: string) => ESCAPES[unit] ?? unit);
}
