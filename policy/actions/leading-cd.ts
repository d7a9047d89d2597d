import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import type { ParsedScript } from "unbash";
import { parseText } from "./literals.ts";
import { resolvePath } from "./paths.ts";
import { hasErrors, plainCommand } from "./plain.ts";

/** A text and the folder it starts in. */
export interface PlacedText {
  readonly text: string;
  readonly script: ParsedScript;
  /** Real path. */
  readonly cwd: string;
}

/** Gives the real path of a folder, or `null` when it is none. */
export type FolderOf = (path: string) => string | null;

const MAX_STEPS = 8;

/**
 * Takes `cd FOLDER &&` off the front of a text, since it only says where the rest starts.
 *
 * @param text Shell text.
 * @param cwd Real path of the folder it would start in.
 * @param folderOf Finds folders; by default on disk.
 * @returns The rest, its tree and its folder; the text itself when it does not start so or the folder does not exist.
 * @throws {PolicyError} `COMMAND_INVALID` when the text defeats the parser.
 */
export function takeLeadingCd(text: string, cwd: string, folderOf: FolderOf = realFolder): PlacedText {
  let placed: PlacedText = { text, script: parseText(text), cwd };
  // Bash walks `..` by name, not by folder: after `cd link && cd ..` it is back where it was.
  let logical = cwd;
  for (let step = 0; step < MAX_STEPS; step++) {
    const found = leadingCd(placed.script);
    if (found === null) return placed;
    logical = resolve(logical, found.folder);
    const real = folderOf(logical);
    if (real === null) return placed;
    const rest = placed.text.slice(found.rest);
    placed = { text: rest, script: parseText(rest), cwd: real };
  }
  return placed;
}

function leadingCd(script: ParsedScript): { folder: string; rest: number } | null {
  const first = script.commands[0];
  if (hasErrors(script) || first === undefined || first.background === true) return null;
  const list = first.command;
  if (list.type !== "AndOr" || list.operators[0] !== "&&") return null;
  const [head, next] = list.commands;
  const command = head === undefined ? null : plainCommand(head);
  if (command === null || next === undefined || command.redirects.length > 0) return null;
  const [name, folder] = command.words;
  if (name !== "cd" || command.words.length !== 2 || folder === undefined) return null;
  // `cd -` and `cd -P x` mean something else, `cd ''` stays.
  return folder === "" || folder.startsWith("-") ? null : { folder, rest: next.pos };
}

function realFolder(path: string): string | null {
  try {
    const { real } = resolvePath(path, path);
    return lstatSync(real).isDirectory() ? real : null;
  } catch {
    return null;
  }
}
