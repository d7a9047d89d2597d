import { AgentZeroError } from "../../core/mod.ts";
import { permissionProblem } from "../runtime-check.ts";
import { sanitize } from "../term/sanitize.ts";
import { PLAIN, type Style } from "../term/style.ts";

/** A failure in the form that `--json` prints. */
export interface ErrorObject {
  readonly v: 1;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
}

/**
 * Turns anything that was thrown into the failure object of the contract. Errors that are not ours never show their
 * text: it may hold what a server answered or a path that the policy hides.
 *
 * @param cause What was thrown.
 * @returns The object.
 */
export function errorObject(cause: unknown): ErrorObject {
  if (cause instanceof AgentZeroError) {
    return { v: 1, error: { code: cause.code, message: cause.message, hint: cause.hint ?? null } };
  }
  const known = permissionProblem(cause) ?? systemFailure(cause);
  if (known !== null) return { v: 1, error: known };
  const name = cause instanceof Error ? cause.name : typeof cause;
  return {
    v: 1,
    error: {
      code: "INTERNAL",
      message: `Cannot finish: an unexpected ${name} inside agentzero`,
      hint: "run again with AGENTZERO_DEBUG=1 to see where, and report it",
    },
  };
}

const SYSTEM: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ["the disk is full", "free some space and run again"],
  EDQUOT: ["the disk quota is used up", "free some space and run again"],
  EROFS: ["the file system is read-only", "choose another folder with --cwd or --home"],
  EACCES: ["permission denied by the operating system", "check owner and mode of the file"],
  EPERM: ["not permitted by the operating system", "check owner and mode of the file"],
  EMFILE: ["too many open files", "raise the limit with ulimit -n"],
  ENOENT: ["the file does not exist", "check the path"],
  ENOTDIR: ["a part of the path is not a folder", "check the path"],
  EISDIR: ["it is a folder", "name a file"],
  EIO: ["the disk failed", "check the disk"],
};

function systemFailure(cause: unknown): ErrorObject["error"] | null {
  if (!(cause instanceof Error) || !("code" in cause) || typeof cause.code !== "string") return null;
  const known = SYSTEM[cause.code];
  if (known === undefined) return null;
  const path = "path" in cause && typeof cause.path === "string" ? ` "${cause.path}"` : "";
  return { code: cause.code, message: `Cannot use${path === "" ? " a file" : path}: ${known[0]}`, hint: known[1] };
}

/**
 * Writes a failure for people: what happened, why, and what to do.
 *
 * @param failure The failure object.
 * @param why The reason, where the message does not hold it.
 * @param style Colours of the terminal.
 * @returns Lines that end in a line feed, safe for a terminal.
 */
export function errorText(failure: ErrorObject, why: string | null = null, style: Style = PLAIN): string {
  const { message, hint } = failure.error;
  const lines = [`${style.bold(style.red("error:"))} ${inColumn(message)}`];
  if (why !== null && why !== "") lines.push(`  why: ${inColumn(why)}`);
  if (hint !== null && hint !== "") lines.push(`  do:  ${inColumn(hint)}`);
  return `${lines.join("\n")}\n`;
}

/** A message of several lines stays inside its column, so that it cannot look like a line of ours. */
function inColumn(text: string): string {
  return sanitize(text).replaceAll("\n", "\n       ");
}

/**
 * Writes the stack of a failure, for `AGENTZERO_DEBUG`.
 *
 * @param cause What was thrown.
 * @param mask Masks what is secret in it.
 * @returns Lines that end in a line feed, safe for a terminal.
 */
export function debugText(cause: unknown, mask: (text: string) => string): string {
  const lines: string[] = [];
  for (let at: unknown = cause, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    lines.push(at.stack ?? `${at.name}: ${at.message}`);
  }
  return `${sanitize(mask(lines.join("\ncaused by "))) || typeof cause}\n`;
}
