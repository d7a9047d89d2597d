import type { StopReason } from "@agentclientprotocol/sdk";
import type { Stop } from "../../session/mod.ts";
import { ACP_CODE, acpError } from "./acp-error.ts";

/** What went wrong in a turn, masked. */
export interface TurnFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/**
 * Says how a turn ended in the words of the protocol. A denial was visible as a failed call, so the turn itself ended well.
 *
 * @param stop How it ended; `null` when it was cancelled before it began.
 * @param failure The last failure of the turn, if there was one.
 * @returns The stop reason.
 * @throws {RequestError} -32603 with the failure, when the provider or the record broke.
 */
export function stopReasonOf(stop: Stop | null, failure: TurnFailure | null): StopReason {
  switch (stop) {
    case null:
    case "cancelled":
      return "cancelled";
    case "end":
    case "denied":
      return "end_turn";
    case "max_turns":
    case "time":
    case "loop":
      return "max_turn_requests";
    case "max_tokens":
      return "max_tokens";
    case "refused":
      return "refusal";
    case "provider":
    case "integrity": {
      const { code, message, hint } = failure ?? { code: "INTERNAL", message: "Cannot go on", hint: null };
      throw acpError(ACP_CODE.internal, message, { code, hint });
    }
    default:
      return stop satisfies never;
  }
}
