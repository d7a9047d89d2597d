import { isOption } from "./words.ts";

/** An awk program that only selects and prints fields: `{print $1, $NF}`, `NR>1 {print}`, `/error/ {print $2}`. */
const AWK =
  /^ *(?:NR ?(?:[<>]=?|==|!=) ?[0-9]+|\/[\w .:-]+\/|END|BEGIN)? *(?:\{ *print *(?:NR|NF|\$(?:[0-9]+|NF)(?: *,? *\$(?:[0-9]+|NF))*)? *\})? *$/;

/** One sed address: a line, the last line, or a regular expression without tricks. */
const ADDRESS = String.raw`(?:[0-9]+|\$|/(?:[^/\\\n[\]]|\\[^\n]|\[[^\]/\\\n]+\])+/)`;
const SED_COMMAND = new RegExp(`^ *(?:${ADDRESS}(?:,(?:${ADDRESS}|\\+[0-9]+))?)? *!? *`);
const SED_SIMPLE = /^[pdDPgGhHxnNlq=] *(?:;|\n|$)/;
const DELIMITERS = ["/", "|", ",", "#", ":", "@", "%"] as const;
const SED_SUBSTITUTE: ReadonlyMap<string, RegExp> = new Map(
  DELIMITERS.map((mark) => {
    const d = mark === "|" ? "\\|" : mark;
    // A bracket must not hold the delimiter: GNU and BSD disagree about where the pattern ends then.
    const pattern = String.raw`(?:[^${d}\\\n[]|\\[^\n]|\[[^\]${d}\\\n]+\])*`;
    const replacement = String.raw`(?:[^${d}\\\n]|\\[^\n])*`;
    return [mark, new RegExp(`^s${d}${pattern}${d}${replacement}${d}[gpiIm0-9]* *(?:;|\\n|$)`)];
  }),
);

/**
 * Tells whether an awk command only selects and prints fields. The rest of the language can start programs.
 *
 * @param words The whole argv.
 * @returns `false` when in doubt.
 */
export function isSafeAwk(words: readonly string[]): boolean {
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "-F") at++;
    else if (!/^-F[^\n]+$/.test(word)) {
      // Threat: GNU awk also takes options after its program, such as `-f` and `-l`.
      return word.length <= 200 && AWK.test(word) && !words.slice(at + 1).some(isOption);
    }
  }
  return false;
}

/**
 * Tells whether a sed command only prints, deletes or substitutes. `e`, `w`, `r` and their flags reach outside.
 *
 * @param words The whole argv.
 * @returns `false` when in doubt.
 */
export function isSafeSed(words: readonly string[]): boolean {
  const scripts: string[] = [];
  const operands: string[] = [];
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? "";
    if (/^(?:-[nErsuz]*e|--expression)$/.test(word)) scripts.push(words[++at] ?? "");
    else if (isOption(word)) {
      if (
        !/^(?:-[nErsuz]+|-[nErsuz]*i[A-Za-z0-9._~-]*|--quiet|--silent|--regexp-extended|--in-place|--posix|--debug)$/
          .test(word)
      ) {
        return false;
      }
    } else operands.push(word);
  }
  if (scripts.length === 0) scripts.push(operands[0] ?? "");
  return scripts.every(isSafeSedScript);
}

function isSafeSedScript(script: string): boolean {
  if (script === "" || script.length > 1000) return false;
  let left = script;
  while (left.trim() !== "") {
    const command = left.slice(SED_COMMAND.exec(left)?.[0].length ?? 0);
    const match = SED_SIMPLE.exec(command) ?? SED_SUBSTITUTE.get(command[1] ?? "")?.exec(command);
    if (match === null || match === undefined || match[0] === "") return false;
    left = command.slice(match[0].length);
  }
  return true;
}
