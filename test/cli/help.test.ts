import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { commandTree } from "../../cli/program.ts";
import { golden } from "../support/golden.ts";

const tree = await commandTree();

function leaves(command: Command): readonly Command[] {
  const own = command.commands.filter((child) => child.name() !== "help");
  return own.length === 0 ? [command] : own.flatMap(leaves);
}

function help(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  return text;
}

function groups(command: Command): readonly Command[] {
  const own = command.commands.filter((child) => child.name() !== "help");
  return [command, ...own.flatMap(groups)];
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

describe("--help", () => {
  it("has an example that starts with the command itself, everywhere", () => {
    const without = leaves(tree).filter((command) =>
      !help(command).includes(`$ ${pathOf(command)}`) &&
      !new RegExp(`\\$ .*\\| ${pathOf(command)}`).test(help(command))
    );
    expect(without.map(pathOf)).toEqual([]);
  });

  it("says what every command, argument and option is for", () => {
    const silent = leaves(tree).flatMap((command) => [
      ...(command.description() === "" ? [pathOf(command)] : []),
      ...command.options.filter(({ description }) => description === "").map(({ flags }) =>
        `${pathOf(command)} ${flags}`
      ),
    ]);
    expect(silent).toEqual([]);
  });

  it("lets no command declare what every command knows", () => {
    const taken = ["--json", "--cwd", "--home", "--passphrase-file", "--version", "--help"];
    const clashes = leaves(tree).flatMap((command) =>
      command === tree
        ? []
        : command.options.filter(({ long }) => taken.includes(long ?? "")).map(() => pathOf(command))
    );
    expect(clashes).toEqual([]);
  });

  it("starts every text in lower case and ends none with a full stop", () => {
    const odd = leaves(tree).flatMap((command) =>
      [command.description(), ...command.options.map(({ description }) => description)].filter((text) =>
        /^[A-Z][a-z]/.test(text) || text.endsWith(".")
      )
    );
    expect(odd).toEqual([]);
  });

  // As a person sees it on a window of 80 columns; one file for each command of the first level.
  it.each(["agentzero", ...tree.commands.map((command) => command.name()).filter((name) => name !== "help")])(
    "of %s reads as in its golden file",
    (name) => {
      const narrow = tree.configureHelp({ showGlobalOptions: true, helpWidth: 80 });
      const own = name === "agentzero" ? [narrow] : groups(topLevel(name));
      for (const one of own) one.configureHelp({ showGlobalOptions: true, helpWidth: 80 });
      const text = own.map((one) => `$ ${pathOf(one)} --help\n${help(one)}`).join("\n");
      expect(text).toBe(golden(`help/${name}.txt`, text));
    },
  );
});

function topLevel(name: string): Command {
  const found = tree.commands.find((one) => one.name() === name);
  if (found === undefined) throw new Error(`no command "${name}"`);
  return found;
}
