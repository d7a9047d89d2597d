import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { golden } from "../support/golden.ts";
import { type RanHere, runHere } from "../support/run-here.ts";
import { sharedDir } from "../support/temp-dir.ts";

const at = { cwd: "", home: "", me: "" };
const bare = { cwd: "", home: "", me: "" };

/** What goes wrong most often, each once: how it is told to a person, and to a program. */
const CASES: readonly (readonly [string, ...string[]])[] = [
  ["a command that does not exist", "polcy", "check"],
  ["an option that does not exist", "run", "hi", "--max-turn", "3"],
  ["a value that cannot be", "run", "hi", "--max-turns", "many"],
  ["a form of output that does not exist", "run", "hi", "--output", "stream-jsn"],
  ["an empty prompt", "run", " "],
  ["two ways to go on", "run", "hi", "-c", "--resume", "ses_x"],
  ["a provider that is not configured", "run", "hi", "--provider", "olama"],
  ["a server without a model", "run", "hi", "--provider", "ollama"],
  ["a script that is not there", "run", "hi", "--provider", "script", "--script", "none.yml"],
  ["a script with a key too many", "run", "hi", "--provider", "script", "--script", "bad.yml"],
  ["a chat without a terminal", "chat"],
  ["a tool that does not exist", "call", "raed", "{}"],
  ["arguments that are not JSON", "call", "read", "{path}"],
  ["arguments that the tool does not know", "call", "read", '{"file":"README.md"}'],
  ["a file that is not there", "call", "read", '{"path":"none.txt"}'],
  ["a file that policy denies", "call", "read", '{"path":".env"}'],
  ["a path that no rule allows", "call", "read", '{"path":"/etc/hostname"}'],
  ["a write that nobody can be asked about", "call", "write", '{"path":"a.txt","content":"x"}'],
  ["an address that no rule allows", "call", "fetch", '{"url":"https://docs.example.com/"}'],
  ["a conversation that is not there", "session", "show", "ses_01K9ZZZZZZZZZZZZZZZZZZZZZZ"],
  ["a format that does not exist", "session", "export", "ses_01K9ZZZZZZZZZZZZZZZZZZZZZZ", "--format", "pdf"],
  ["a deletion without a word", "session", "rm", "ses_01K9ZZZZZZZZZZZZZZZZZZZZZZ"],
  ["a secret that is not there", "vault", "rm", "no/token"],
  ["a record that is not there", "audit", "show", "ses_01K9ZZZZZZZZZZZZZZZZZZZZZZ"],
  ["a shell without completions", "completions", "tcsh"],
];

beforeAll(async () => {
  const base = sharedDir({
    "shop/README.md": "# Shop\n",
    "shop/.env": "TOKEN=fake\n",
    "shop/bad.yml": "- { txt: x }\n",
    "bare/x": "",
    "broken/config.yml": "v: 1\nmodl: x\n",
    "me/x": "",
  });
  Object.assign(at, { cwd: join(base, "shop"), home: join(base, "home"), me: join(base, "me") });
  Object.assign(bare, { cwd: join(base, "bare"), home: join(base, "home"), me: join(base, "me") });
  const made = await runHere(["init"], at);
  if (made.exit !== 0) throw new Error(`init ended with ${made.exit}: ${made.stderr}`);
});

function told(words: readonly string[], ran: RanHere): string {
  const shown = [ran.stdout, ran.stderr].filter((text) => text !== "").join("");
  const line = words.map((word) => /^[\w./:-]+$/.test(word) ? word : `'${word}'`).join(" ");
  return plain(`$ agentzero ${line}\n${shown}${shown.endsWith("\n") ? "" : "\n"}exit ${ran.exit}\n`);
}

/** Without what differs from run to run. */
function plain(text: string): string {
  const base = at.cwd.slice(0, -"/shop".length);
  return text.replaceAll(base, "/home").replaceAll(/\b(ses|call)_(?!01K9Z)[0-9A-Z]{26}/g, "$1_…")
    .replaceAll(/"ms":\d+/g, '"ms":0').replaceAll(/(policy\.yml, line) \d+/g, "$1 N");
}

describe("errors", () => {
  it.each([["text", []], ["json", ["--json"]]] as const)("read as in the golden file, as %s", async (form, more) => {
    const parts: string[] = [];
    for (const [what, ...words] of CASES) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      parts.push(`# ${what}\n${told([...words, ...more], await runHere([...words, ...more], at))}`);
    }
    const none = ["call", "read", '{"path":"x"}', ...more];
    parts.push(`# no project\n${told(none, await runHere(none, bare))}`);
    const broken = ["run", "hi", ...more];
    const home = join(at.me, "../broken");
    parts.push(`# a mistake in config.yml\n${told(broken, await runHere(broken, { ...at, home }))}`);
    const text = parts.join("\n");
    expect(text).toBe(golden(`errors/${form}.txt`, text));
  });

  it("say nothing but one object on stdout with --json, and exit as without it", async () => {
    writeFileSync(join(at.cwd, "turns.yml"), "[]");
    for (const [, ...words] of CASES) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const [text, json] = [await runHere(words, at), await runHere([...words, "--json"], at)];
      expect([words, json.exit]).toEqual([words, text.exit]);
      expect(JSON.parse(json.stdout)).toMatchObject({ v: 1, error: { code: expect.any(String) } });
    }
  });
});
