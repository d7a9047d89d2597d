import { existsSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CommandPlan } from "../../../policy/actions/shell.ts";
import { ATTACKS } from "./attacks.ts";
import { allowedByArgv, commandsOf, outcomeOf, plan } from "./plan.ts";
import { type RealJob, runForReal, whyNoRealBash } from "./real-bash.ts";

const missing = whyNoRealBash();
// Real programs that can start others, so that an allowed wrapper would really run what is inside.
const REAL = [
  "env",
  "xargs",
  "find",
  "sh",
  "bash",
  "timeout",
  "nice",
  "sed",
  "awk",
  "perl",
  "sort",
  "test",
  "printf",
  "[",
];
/** Programs that some attacks need and not every machine has. */
const NEEDED = ["perl", "python3", "make", "git", "awk", "tar", "dash", "setsid", "stdbuf"];
const MARKED = ["ls", "cat", "git", "npm", "head", "tr", "wc"];
const scale = Number(globalThis.process?.env["AZ_SCALE"] ?? "1");

function isEvil(word: string): boolean {
  return word === "evil" || word.endsWith("/evil");
}

function tryPlan(line: string): CommandPlan | null {
  const found = outcomeOf(() => plan(line));
  return "value" in found ? found.value : null;
}

/** The form as the sandbox runs it, with programs by name since the rig has them elsewhere. */
function formJob(planned: CommandPlan): RealJob {
  if (planned.form.kind === "argv") return { kind: "argv", argv: planned.form.argv };
  return {
    kind: "text",
    text: planned.form.script.replaceAll(/'\/usr\/bin\/(ls|cat|git|npm|head|tr|wc)'/g, "'/m/$1'"),
  };
}

const PLAIN_WORDS = [
  "a",
  "-l",
  "--all",
  "'a b'",
  '"c d"',
  "e\\ f",
  "''",
  "HEAD~1",
  "--",
  "x=1",
  "'$(evil)'",
  "'`evil`'",
  "\\$x",
  "#a",
  "a#b",
];
const ODD_WORDS = [
  ..."evil 'evil' \"evil\" e\\vil $'evil' /m/evil $(evil) `evil` $x ${x:-$(evil)} <(evil) >(evil) {evil,x} ~ * ? [a] $((1)) ! {"
    .split(" "),
  ..."-c -e -n -exec ; + {} -I{} A=evil -v if then fi do done ( ) } [[ ]] time coproc".split(" "),
  "'1e evil'",
  "'s/x/evil/e'",
  "'BEGIN{system(\"evil\")}'",
  "'system q(evil)'",
  "'evil x'",
  '"a $(evil) b"',
  '"a `evil` b"',
  "'a[$(evil)]'",
  "\\\nevil",
  "a\\\n",
  "'a",
  '"b',
];
const REDIRECTS = [
  "> out",
  ">> out",
  "2>&1",
  "2>/dev/null",
  "< /dev/null",
  "&> out",
  ">| out",
  "2> 'o u t'",
  "> `evil`",
  "> $(evil)",
  ">& x",
  "<> x",
  "<<< evil",
  "<<E\n$(evil)\nE",
];
const GLUE = ["; ", ";", " | ", "|", " && ", "&&", " || ", "\n", "\n\n", " ;\n"];
const ODD_GLUE = [" & ", " |& ", "&", " \\\n", "\t", ";;", "\n#", "\r", " "];
const PREFIX = [
  "! ",
  "time ",
  "eval ",
  "exec ",
  "command ",
  "x=evil ",
  "( ",
  "{ ",
  "if ",
  "cd . && ",
  "coproc ",
  "trap ",
  "env ",
  "> out ",
];

/** One command: an everyday name, mostly plain words, sometimes something that starts another program. */
const command = fc.tuple(
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...MARKED) }, { weight: 2, arbitrary: fc.constantFrom(...REAL) }, {
    weight: 1,
    arbitrary: fc.constantFrom(...ODD_WORDS),
  }),
  fc.array(
    fc.oneof({ weight: 14, arbitrary: fc.constantFrom(...PLAIN_WORDS, ...MARKED) }, {
      weight: 1,
      arbitrary: fc.constantFrom(...ODD_WORDS),
    }),
    { maxLength: 4 },
  ),
  fc.oneof({ weight: 6, arbitrary: fc.constant("") }, { weight: 1, arbitrary: fc.constantFrom(...REDIRECTS) }),
).map(([name, words, redirect]) => [name, ...words, redirect].join(" ").trimEnd());

/** Lines that are mostly well-formed, with something hidden in about half of them. */
const line = fc.tuple(
  fc.oneof({ weight: 12, arbitrary: fc.constant("") }, { weight: 1, arbitrary: fc.constantFrom(...PREFIX) }),
  fc.array(
    fc.tuple(
      command,
      fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...GLUE) }, {
        weight: 1,
        arbitrary: fc.constantFrom(...ODD_GLUE),
      }),
    ),
    { minLength: 1, maxLength: 3 },
  ),
  command,
).map(([prefix, parts, last]) => prefix + parts.map((part) => part.join("")).join("") + last);

describe.skipIf(missing !== null)(
  `lines judged by a real bash${missing === null ? "" : ` (skipped: ${missing})`}`,
  () => {
    it("allows no line that runs hidden code", () => {
      const here = ATTACKS.filter((text) =>
        NEEDED.every((name) => !text.includes(name) || existsSync(`/usr/bin/${name}`))
      );
      const harmless = [true, false].flatMap((fresh) => {
        // Only git needs its repository back before each line.
        const lines = here.filter((text) => text.includes("git") === fresh);
        const started = runForReal(lines.map((text) => ({ kind: "text", text })), ["evil"], fresh);
        return lines.filter((_, at) => started[at]?.length === 0);
      });
      const allowed = ATTACKS.filter((text) => allowedByArgv(plan(text), isEvil));
      const byPrefix = ATTACKS.filter((text) => /^(?:ls|cat|git|npm|echo|true|seq|sed|find|tar|make) /.test(text));
      const reached = ATTACKS.filter((text) => commandsOf(plan(text)).some((argv) => isEvil(argv?.[0] ?? "")));
      process.stdout.write(
        `attacks ${ATTACKS.length}: run ${here.length}, harmless ${harmless.length}, allowed ${allowed.length}, ` +
          `by prefix ${byPrefix.length}, named to a deny ${reached.length}\n`,
      );
      // Another bash may have mended one or two; lines that run nothing would prove nothing.
      expect(harmless.length).toBeLessThan(here.length / 20);
      expect(allowed).toEqual([]);
      expect(reached.length).toBeGreaterThan(ATTACKS.length * 0.6);
    });

    it("starts nothing that was not decided, however lines are made", () => {
      const count = Math.round(400 * scale);
      const lines = [...new Set(fc.sample(line, { numRuns: count, seed: 16 }))];
      const judged = lines.map((text) => ({ text, planned: tryPlan(text) }));
      const allowed = judged.filter((item): item is { text: string; planned: CommandPlan } =>
        item.planned !== null && allowedByArgv(item.planned, isEvil)
      );
      const jobs = allowed.flatMap(({ text, planned }): RealJob[] => [{ kind: "text", text }, formJob(planned)]);
      const started = runForReal(jobs, ["evil", ...MARKED], false);
      const unsafe: unknown[] = [];
      let starts = 0;
      for (const [at, { text, planned }] of allowed.entries()) {
        const decided = new Set(commandsOf(planned).map((argv) => JSON.stringify(argv)));
        for (const argv of [...started[at * 2] ?? [], ...started[at * 2 + 1] ?? []]) {
          starts++;
          if (!decided.has(JSON.stringify(argv))) unsafe.push({ text, argv, decided: [...decided] });
        }
      }
      process.stdout.write(
        `generated ${lines.length}: allowed ${allowed.length}, starts ${starts}, unsafe ${unsafe.length}\n`,
      );
      expect(unsafe).toEqual([]);
      // A judge that allows nothing would be safe too.
      expect(allowed.length).toBeGreaterThan(lines.length / 4);
      expect(starts).toBeGreaterThan(allowed.length);
    }, 1_200_000);
  },
);
