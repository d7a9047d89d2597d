import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bashCompletions } from "../../../cli/commands/completions/bash.ts";
import { fishCompletions } from "../../../cli/commands/completions/fish.ts";
import { completionTree } from "../../../cli/commands/completions/tree.ts";
import { zshCompletions } from "../../../cli/commands/completions/zsh.ts";
import { commandTree } from "../../../cli/program.ts";
import { tempDir } from "../../support/temp-dir.ts";

const tree = completionTree(await commandTree());

function installed(shell: string): boolean {
  return spawnSync(shell, ["--version"]).status === 0;
}

/** What bash offers for a line; the last word is the one being typed. */
function offered(cwd: string, ...words: readonly string[]): readonly string[] {
  const script = `${bashCompletions(tree)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _agentzero; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const done = spawnSync("bash", ["--noprofile", "--norc", "-c", script, "bash", ...words], { cwd, encoding: "utf8" });
  expect(done.stderr).toBe("");
  return done.stdout.split("\n").filter((line) => line !== "");
}

describe.skipIf(!installed("bash"))("bashCompletions()", () => {
  it("offers commands, options and choices", () => {
    const cwd = tempDir();
    expect(offered(cwd, "agentzero", "comp")).toEqual(["completions"]);
    expect(offered(cwd, "agentzero", "completions", "")).toEqual(["bash", "zsh", "fish"]);
    expect(offered(cwd, "agentzero", "--cwd", "/tmp", "completions", "f")).toEqual(["fish"]);
    expect(offered(cwd, "agentzero", "run", "--out")).toEqual(["--output"]);
    expect(offered(cwd, "agentzero", "run", "--output", "s")).toEqual(["stream-json"]);
  });

  it("offers sessions from the nearest project, and only plain names", () => {
    const cwd = tempDir();
    const marker = join(cwd, "ran");
    mkdirSync(join(cwd, ".agentzero/audit"), { recursive: true });
    mkdirSync(join(cwd, "deep/er"), { recursive: true });
    // Threat: a file name that a shell would run.
    for (const name of ["ses_01K9", "$(touch ran)", "`touch ran`", "a b", "-n"]) {
      writeFileSync(join(cwd, ".agentzero/audit", `${name}.jsonl`), "");
    }
    expect(offered(join(cwd, "deep/er"), "agentzero", "audit", "show", "ses")).toEqual(["ses_01K9"]);
    expect(offered(cwd, "agentzero", "audit", "show", "")).toEqual(["ses_01K9"]);
    expect(spawnSync("test", ["-e", marker]).status).toBe(1);
  });
});

describe("completion scripts", () => {
  for (
    const [shell, check, script] of [
      ["zsh", ["-n"], zshCompletions(tree)],
      ["fish", ["--no-execute"], fishCompletions(tree)],
      ["bash", ["-n"], bashCompletions(tree)],
    ] as const
  ) {
    it.skipIf(!installed(shell))(`parse in ${shell}`, () => {
      expect(spawnSync(shell, check, { input: script, encoding: "utf8" }).stderr).toBe("");
    });
    it(`name every command for ${shell}`, () => {
      expect(tree.commands.filter(({ name }) => !script.includes(name))).toEqual([]);
    });
  }
});
