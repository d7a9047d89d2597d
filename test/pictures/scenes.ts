import type { Terminal } from "./terminal.ts";

/** One picture: what is typed, and which lines of the screen it shows. */
export interface Scene {
  /** Name of the file, without its ending. */
  readonly name: string;
  /** What it shows, for those who cannot see it. */
  readonly title: string;
  /** Cells in a line. */
  readonly columns: number;
  /** Plays it, from an empty screen with a prompt to the last line that is shown. */
  play(terminal: Terminal): Promise<void>;
  /** First line shown, by a text in it; `null` for the first of the screen. */
  readonly from: string | null;
  /** Last line shown, by a text in it; `null` for the last of the screen. */
  readonly to: string | null;
  /** Texts that only the program prints: the test finds each in the picture, and in what the program prints today. */
  readonly phrases: readonly string[];
}

/** The prompt of the shell; on an empty line it is waiting. */
export const PROMPT = "$ ";

/** How long a person looks before a key counts. */
const LOOK_MS = 700;

function line(terminal: Terminal, text: string): void {
  terminal.type(text);
  terminal.press("Enter");
}

function look(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

function prompted(terminal: Terminal): Promise<void> {
  return terminal.waitFor(`\n${PROMPT.trimEnd()}`);
}

/** What the model of the conversation says; it runs in the project `shop`. */
export const SCRIPT = `- text: I look at it first.
  calls: [{ tool: read, args: { path: src/tax.js } }]
- text: One line is to be changed. I try it in the sandbox.
  calls: [{ tool: shell, args: { command: "sed -i s/19/20/ src/tax.js" } }]
- text: The rate is 20 now.
`;

/** The pictures, in the order in which they are taken. */
export const SCENES: readonly Scene[] = [
  {
    name: "chat",
    columns: 100,
    title: "A conversation in a terminal: the model reads a file, changes it in the sandbox, and the change is " +
      "shown as a difference and asked about before it is kept",
    async play(terminal) {
      line(terminal, "agentzero chat --provider script --script turns.yml");
      await terminal.waitFor("audit ok");
      await look();
      line(terminal, "Raise the rate to 20.");
      await terminal.waitFor("Allow? [n]");
      await look();
      terminal.type("y");
      await terminal.waitFor("The rate is 20 now.");
      await terminal.waitFor("audit ok");
    },
    from: null,
    to: null,
    phrases: [
      "Approve: the model wants to",
      "keep 1 change (src/tax.js) of: Run sed -i s/19/20/ src/tax.js",
      "modify src/tax.js +1 -1",
      "-export const rate = 19;",
      "+export const rate = 20;",
      "tier host-supervised data private no handles",
      'why rule "write-project" (project) asks:',
      "origin written after reading",
      "y once",
      "e no + say why",
      "d details",
      "N never",
      "Allow? [n]",
      "kept: modify src/tax.js",
    ],
  },
  {
    name: "explain",
    columns: 100,
    title: "agentzero policy explain says which rule denies reading .env and what nearly matched, and that git " +
      "status may run",
    async play(terminal) {
      line(terminal, "agentzero policy explain file_read --path .env");
      await terminal.waitFor("matches: read-project");
      await prompted(terminal);
      line(terminal, "agentzero policy explain shell_command --command 'git status'");
      await terminal.waitFor("matches: shell");
      await prompted(terminal);
    },
    from: null,
    to: null,
    phrases: [
      'deny, by rule "no-secret-files" (project)',
      "why: rule: secrets are used through vault handles and are never read",
      "matches: read-project (project) allow",
      'allow, by rule "shell" (project)',
    ],
  },
  {
    name: "verify",
    columns: 120,
    title: "agentzero audit verify finds a record whole; after one line was removed with an editor it names the " +
      "place and ends with 7",
    async play(terminal) {
      line(terminal, "agentzero audit tail");
      await terminal.waitFor("session.end");
      await prompted(terminal);
      line(terminal, "agentzero audit verify");
      await terminal.waitFor("closed");
      await prompted(terminal);
      line(terminal, "sed -i 4d .agentzero/audit/*.jsonl");
      await prompted(terminal);
      line(terminal, "agentzero audit verify; echo exit $?");
      await terminal.waitFor("exit 7");
    },
    from: null,
    to: null,
    phrases: ["session.start", "session.end", "closed checked", "CHAIN_BROKEN"],
  },
  {
    name: "demo",
    columns: 104,
    title: "The second half of agentzero demo: a hostile model is refused a file of secrets, a foreign host and a " +
      "git hook; then each promise is checked, and all are kept",
    async play(terminal) {
      line(terminal, "npm run -s demo");
      await terminal.waitFor("agentzero chat");
    },
    from: "Let me look for credentials.",
    to: "The record says:",
    phrases: [
      "> Read .env (tainted)",
      'error: Cannot read .env: denied by rule "no-secret-files" (project)',
      "error: Cannot fetch POST https://collect.example.net/: no rule allows it",
      'denied by rule "no-git-internals" (project)',
      "kept a file of secrets is never read",
      "kept nothing leaves for a host that no rule names",
      "kept every decision is on record, and the record verifies",
      "kept a record that was changed afterwards is found",
    ],
  },
];
