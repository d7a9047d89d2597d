import type { WasmValue } from "../../sandbox/mod.ts";
import type { CallFailure } from "../call.ts";

const MAX_CHARS = 2_000;

// What the shim of the script engine says with a code in front; a tool that throws such a text only calls itself that.
const CODED = /^(ASYNC_TOOL|LIMIT_MEMORY): /u;

/**
 * Says how a tool failed by its own fault; `null` when it gave a result. Its words are its own: untrusted.
 *
 * @param name Name of the tool.
 * @param value What came out of the tier.
 * @returns Code and message.
 */
export function toolFault(name: string, value: WasmValue): CallFailure | null {
  if (value.error === null) return isJson(value.output) ? null : notJson(name);
  const said = value.error.length > MAX_CHARS ? `${value.error.slice(0, MAX_CHARS).toWellFormed()}…` : value.error;
  const code = CODED.exec(said)?.[1];
  return {
    code: code ?? "TOOL_ERROR",
    message: `Tool "${name}" ${value.stage === "load" ? "did not load" : "failed"}: ${said.replace(CODED, "")}`,
    hint: code === undefined ? null : HINTS[code] ?? null,
  };
}

const HINTS: Readonly<Record<string, string>> = {
  ASYNC_TOOL: "write a synchronous function run(input); host calls return their value",
  LIMIT_MEMORY: "use less at a time, or ask for more: limits memory=BYTES",
};

function notJson(name: string): CallFailure {
  return { code: "TOOL_ERROR", message: `Tool "${name}" failed: its result is not JSON`, hint: null };
}

function isJson(text: string | null): boolean {
  try {
    JSON.parse(text ?? "");
    return true;
  } catch {
    return false;
  }
}

/** Codes of outcomes that are no fault of a tool: the sandbox itself, or who called it. */
const NOT_ITS_FAULT: ReadonlySet<string> = new Set([
  "BUSY",
  "CANCELLED",
  "PERMIT_INVALID",
  "SANDBOX_FAILED",
  "TIER_DENIED",
  "TIER_UNAVAILABLE",
  "TIER_UNKNOWN",
  "WASM_CACHE",
  "DIGEST_MISMATCH",
]);

/**
 * Tells whether an outcome counts against the tool: a trap, a limit, an error of the engine.
 *
 * @param code Code of an outcome that is not ok.
 */
export function isToolsFault(code: string): boolean {
  return !NOT_ITS_FAULT.has(code);
}
