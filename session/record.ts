import type { CallFailure } from "./call.ts";
import type { GateDeps } from "./deps.ts";

/**
 * Appends an event and waits until it is as durable as the settings ask.
 *
 * @param deps The gate's wiring.
 * @param event The event; masked by the log's own last line of defence.
 * @param options Whether an effect beyond reading waits for it.
 * @returns The sequence number, or why it could not be written.
 */
export async function record(
  deps: Pick<GateDeps, "audit">,
  event: Parameters<GateDeps["audit"]["append"]>[0],
  options: { readonly risky: boolean },
): Promise<number | CallFailure> {
  try {
    const { seq } = deps.audit.append(event);
    await deps.audit.barrier(seq, options.risky);
    return seq;
  } catch (cause) {
    return {
      code: "AUDIT_UNWRITABLE",
      message: `Cannot record the decision: ${cause instanceof Error ? cause.message : "the audit log failed"}`,
      hint: "free disk space or mend the folder .agentzero/audit, then start a new session",
    };
  }
}
