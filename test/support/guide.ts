import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { runHere, type Said } from "./command-line.ts";
import { runAgentzero } from "./run-agentzero.ts";

/** The folder of the guides. */
export const DOCS: string = fileURLToPath(new URL("../../docs", import.meta.url));

/** One step of a guide: a line, or a line with the text it is given up to `END`. */
export interface GuideStep {
  /** As it stands on the page. */
  readonly text: string;
  /** Without the remark behind it. */
  readonly line: string;
  /** What the remark says it ends with: `# exit 5: …`; 0 otherwise. */
  readonly exit: number;
  /** What the remark says to type: `# answer y`; `null` when nobody is at the keyboard. */
  readonly answer: string | null;
}

/** Blocks of a page in one language, in order. */
export function blocksOf(page: string, language: string): readonly string[] {
  const text = readFileSync(join(DOCS, page), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, block = ""]) =>
    block
  );
}

/** Steps of a page, in order. */
export function stepsOf(page: string): readonly GuideStep[] {
  return blocksOf(page, "sh").flatMap((block) =>
    [...block.matchAll(/^.*<<'END'\n[\s\S]*?^END$|^.+$/gm)].map(([text]) => stepOf(text))
  ).filter(({ line }) => line !== "");
}

function stepOf(text: string): GuideStep {
  const [first = ""] = text.split("\n");
  const remark = / {2,}#(.*)$|^#(.*)$/.exec(first);
  const said = remark?.[1] ?? remark?.[2] ?? "";
  return {
    text,
    line: remark === null ? text : text.slice(0, remark.index) + text.slice(first.length),
    exit: Number(/\bexit (\d+)/.exec(said)?.[1] ?? 0),
    answer: /\banswer (\S+)/.exec(said)?.[1] ?? null,
  };
}

/** Words of a line as a shell would cut it: quotes and variables of the page. */
export function wordsOf(line: string, variables: Readonly<Record<string, string>> = {}): readonly string[] {
  return [...line.matchAll(/'([^']*)'|"\$(\w+)"|"([^"]*)"|(\S+)/g)].map(([, single, variable, double, word]) =>
    variable === undefined ? single ?? double ?? word ?? "" : variables[variable] ?? ""
  );
}

/** Where the reader of a guide is. */
export interface Reader {
  /** Changed by `cd`. */
  cwd: string;
  readonly home: string;
  /** Turns the word behind `answer` into what is typed, by what is on the screen; by default the word itself. */
  readonly type?: (screen: string, said: string) => string;
}

/**
 * Does one step as a reader would: `agentzero` runs here, from the sources; anything else in a shell.
 *
 * @param step The step.
 * @param reader Where, and who.
 * @returns How it ended.
 */
export async function follow(step: GuideStep, reader: Reader): Promise<Said> {
  const folder = /^cd (\S+)$/.exec(step.line);
  if (folder !== null) {
    reader.cwd = join(reader.cwd, folder[1] ?? "");
    return plain({ exit: 0, stdout: "", stderr: "" });
  }
  const [, before, line = "", file] = /^(?:([^|]*) \| )?(agentzero .*?)(?: > (\S+))?$/.exec(step.line) ?? [];
  if (line === "") return inShell(step.line, reader);
  const piped = before === undefined ? undefined : inShell(before, reader).stdout;
  const { answer } = step;
  const words = wordsOf(line).slice(1).map((word) => word.replace(/^~(?=\/)/, dirname(reader.home)));
  // `doctor` asks the runtime what it can load, and would be told about the test runner here.
  if (words[0] === "doctor") {
    const { exit, ...said } = await runAgentzero(words, {
      cwd: reader.cwd,
      home: reader.home,
      env: { HOME: dirname(reader.home) },
    });
    return { ...said, exit: exit ?? 1 };
  }
  // The working folder of the tests is another one.
  const home = words.indexOf("--home") + 1;
  const said = await runHere(words.map((word, at) => home > 0 && at === home ? resolve(reader.cwd, word) : word), {
    project: reader.cwd,
    home: reader.home,
    ...(piped === undefined ? {} : { input: piped }),
    ...(answer === null ? {} : { person: (screen: string) => reader.type?.(screen, answer) ?? answer }),
  });
  if (file !== undefined) inShell(`cat > ${file}`, reader, said.stdout);
  return said;
}

function inShell(line: string, reader: Reader, input = ""): Said {
  const ran = spawnSync("bash", ["-c", line], {
    cwd: reader.cwd,
    encoding: "utf8",
    input,
    env: { PATH: process.env["PATH"], HOME: dirname(reader.home) },
  });
  return plain({ exit: ran.status ?? 1, stdout: ran.stdout, stderr: ran.stderr });
}

function plain(ran: Omit<Said, "json">): Said {
  return { ...ran, json: () => JSON.parse(ran.stdout) as Record<string, unknown> };
}
