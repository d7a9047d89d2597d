import { SandboxError } from "../../errors.ts";

const LENGTH = 200;

/**
 * Makes an error of what a tool of the component model threw.
 *
 * @param what What could not be done.
 * @param cause What it threw: an error whose `payload` says why, or a trap.
 * @returns `WASM_FORMAT` with its reason; the reason may hold names that the component's author chose.
 */
export function toolSaid(what: string, cause: unknown): SandboxError {
  const whole = reasonOf(cause);
  const lines = whole.split("\n").map((line) => line.trim()).filter((line) => line !== "" && line !== "Caused by:");
  const text = (placed(whole) ?? lines.at(-1) ?? "").replaceAll(/[^\x20-\x7e]/g, "?").slice(0, LENGTH);
  return new SandboxError("WASM_FORMAT", text === "" ? what : `${what}: ${text}`, { cause });
}

// Errors of the text parser come as it holds them inside.
const PLACE = /\bline: (\d+), col: (\d+)/;
const KIND = /\bkind: Custom\("((?:[^"\\]|\\.)*)"\)/;

function placed(reason: string): string | null {
  const [, line, column] = PLACE.exec(reason) ?? [];
  const [, what] = KIND.exec(reason) ?? [];
  if (line === undefined || column === undefined || what === undefined) return null;
  return `line ${Number(line) + 1}, column ${Number(column) + 1}: ${what.replaceAll("\\", "")}`;
}

function reasonOf(cause: unknown): string {
  if (typeof cause === "object" && cause !== null && "payload" in cause && typeof cause.payload === "string") {
    return cause.payload;
  }
  return cause instanceof Error ? cause.message : String(cause);
}
