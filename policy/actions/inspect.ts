import { isStateBuiltin } from "./builtins.ts";
import { readGit } from "./git.ts";
import { carriesCode, shellCode } from "./interpreters.ts";
import { isOption, programName } from "./words.ts";
import { type Inner, unwrap } from "./wrappers.ts";

/** What the words of one command say about what would really run. */
export interface Inspection {
  /** `true` when an `argv` rule about these words would say nothing about what runs. */
  readonly opaque: boolean;
  /** What it runs besides itself. */
  readonly inner: readonly Inner[];
}

/**
 * Looks behind wrappers, shells, interpreters, `find -exec`, git and builtins.
 *
 * @param words An argv of at least one word.
 * @returns Whether it is opaque, and the commands inside.
 */
export function inspectCommand(words: readonly string[]): Inspection {
  const name = programName(words[0] ?? "");
  if (name === "git") return readGit(words);
  if (name === "find" || name === "gfind") return inspectFind(words);
  const wrapped = unwrap(name, words);
  if (wrapped !== null) return { opaque: true, inner: wrapped };
  const code = codeOf(name, words);
  return { opaque: code !== null || isStateBuiltin(name, words) || carriesCode(name, words), inner: code ?? [] };
}

/** Code in the words of shells, of builtins that evaluate, and of `npx -c`. */
function codeOf(name: string, words: readonly string[]): readonly Inner[] | null {
  const rest = words.slice(1);
  switch (name) {
    case "eval":
      return [asCode(rest.join(" "))];
    case "trap":
      return [asCode(rest.find((word) => word !== "--") ?? "")];
    case "alias":
      return rest.map((word) => asCode(word.slice(word.indexOf("=") + 1)));
    case "compgen":
    case "complete":
    case "mapfile":
    case "readarray":
    case "bind":
      return afterOption(rest, /^-[Cx]$/);
    case "npx":
    case "npm":
      return afterOption(ownOptions(name, rest), /^(?:-c|--call)(?:=(.*))?$/s);
    default: {
      const given = shellCode(name, words);
      return given === null ? null : [asCode(given)];
    }
  }
}

function afterOption(rest: readonly string[], option: RegExp): readonly Inner[] | null {
  const found = rest.flatMap((word, at) => {
    const match = option.exec(word);
    return match === null ? [] : [asCode(match[1] ?? rest[at + 1] ?? "")];
  });
  return found.length > 0 ? found : null;
}

/** What npm reads itself: all before `--`, and for `npx` all before the name of the package. */
function ownOptions(name: string, rest: readonly string[]): readonly string[] {
  const end = rest.findIndex((word, at) =>
    word === "--" || (name === "npx" && !isOption(word) && !/^(?:-p|-c|--package|--call)$/.test(rest[at - 1] ?? ""))
  );
  return end < 0 ? rest : rest.slice(0, end);
}

/** `-exec CMD ;` and its like run programs, `-delete` and `-fprint` change files where no redirect shows it. */
function inspectFind(words: readonly string[]): Inspection {
  const inner: Inner[] = [];
  let opaque = false;
  for (const [at, word] of words.entries()) {
    if (/^-(?:delete|fprint0?|fprintf|fls)$/.test(word)) opaque = true;
    if (!/^-(?:exec|execdir|ok|okdir)$/.test(word)) continue;
    opaque = true;
    const rest = words.slice(at + 1);
    const end = rest.findIndex((item) => item === ";" || item === "+");
    inner.push({ kind: "words", words: end < 0 ? rest : rest.slice(0, end) });
  }
  return { opaque, inner };
}

function asCode(text: string): Inner {
  return { kind: "code", code: text };
}
