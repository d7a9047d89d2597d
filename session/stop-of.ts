import { AgentZeroError } from "../core/mod.ts";
import { SessionError } from "./errors.ts";
import type { Stop } from "./events.ts";
import { maskedText } from "./masked-text.ts";
import type { SessionWiring } from "./session-wiring.ts";

/**
 * Tells the front door of a failure and says how the prompt ends.
 *
 * @param wiring The session.
 * @param cause What was thrown.
 * @returns The stop.
 */
export function stopOf(wiring: SessionWiring, cause: unknown): Stop {
  const failure = cause instanceof AgentZeroError
    ? cause
    : new SessionError("TOOL_ERROR", "Cannot go on: the session failed inside", { cause });
  if (failure.code === "CANCELLED") return "cancelled";
  const { redactor, emit } = wiring.gate;
  emit({
    type: "error",
    code: failure.code,
    message: maskedText(redactor, failure.message),
    hint: failure.hint === undefined ? null : maskedText(redactor, failure.hint),
  });
  if (failure.code === "MODEL_DENIED") return "denied";
  // The prompt itself was refused: nothing broke.
  if (failure.code === "LIMIT_SIZE") return "refused";
  return failure.code.startsWith("PROVIDER_") ? "provider" : "integrity";
}
