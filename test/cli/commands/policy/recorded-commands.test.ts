import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCommands } from "../../../../cli/commands/policy/recorded-commands.ts";
import { parseCommand, placeText } from "../../../../policy/mod.ts";
import { tempDir } from "../../../support/temp-dir.ts";

function lookup(word: string): string | null {
  return /^[a-z]+$/u.test(word) ? `/usr/bin/${word}` : null;
}

/** The commands of a call, and what the record says of them. */
function recorded(
  project: string,
  call: { readonly command?: string; readonly argv?: readonly string[] },
  cwd: string,
) {
  const plan = parseCommand({ ...call, cwd, project, lookup, secrets: false, tainted: false });
  const commands = plan.actions.flatMap(({ target, denyOnly }) =>
    target.kind === "command" ? [{ target, denyOnly: denyOnly === true }] : []
  );
  return { commands, texts: commands.map(({ target }) => placeText(target, project)) };
}

describe("readCommands()", () => {
  it.each([
    "npm test",
    "git status && ls | head -3; wc -l < README.md > out.txt",
    "cd src && ls -l",
    "cd nowhere && ls",
    "cd src/../.. && ls",
    "cd / && cat etc/hosts",
    "echo $(curl x) && rm y",
    "cd src && echo `id` 'a b'",
    "env FOO=1 npm test | xargs -n1 sh -c 'rm x'",
    "find . -name '*.ts' -exec rm {} +",
    "FOO=1 make; if true; then ls; fi",
    "bash -c 'git push' & wait",
    "./run.sh --all",
    "cd src && cd deep && ls",
  ])("gives exactly the commands that were decided: %s", (command) => {
    const project = tempDir();
    mkdirSync(join(project, "src/deep"), { recursive: true });
    for (const cwd of [project, join(project, "src"), "/"]) {
      const { commands, texts } = recorded(project, { command }, cwd);
      const read = readCommands(texts, { project, lookup, secrets: false, tainted: false });
      expect(read).toEqual(commands.map((one) => ({ ...one, exact: true })));
    }
  });

  it.each([[["npm", "test"]], [["ls", "a;b", "$(x)"]], [["sh", "-c", "ls; rm x"]]])("reads words again: %j", (argv) => {
    const project = tempDir();
    const { commands, texts } = recorded(project, { argv }, project);
    const read = readCommands(texts, { project, lookup, secrets: false, tainted: false });
    expect(read.map((one) => one?.target.argv ?? null)).toEqual(commands.map(({ target }) => target.argv));
  });

  it("says so where the text was cut or the list goes on otherwise", () => {
    const context = { project: "/p", lookup, secrets: false, tainted: false };
    expect(readCommands(["echo $(curl x)"], context)).toMatchObject([{ exact: false }]);
    expect(readCommands(["echo $(curl x)", "ls"], context)).toMatchObject([{ exact: false }, { exact: true }]);
    expect(readCommands(["", " "], context)).toEqual([null, null]);
  });
});
