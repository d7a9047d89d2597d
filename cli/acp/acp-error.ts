import { RequestError } from "@agentclientprotocol/sdk";
import { AgentZeroError } from "../../core/mod.ts";
import { sanitizeLine } from "../term/sanitize.ts";

/** Codes of the protocol that we answer with. */
export const ACP_CODE = {
  setup: -32000,
  notFound: -32002,
  params: -32602,
  internal: -32603,
} as const;

/** Masks secret values in one text. */
export type Mask = (text: string) => string;

/** Masks nothing: as long as no secret was read. */
export function unmasked(text: string): string {
  return text;
}

/** What a refused request says in `data`. */
export interface ErrorData {
  readonly code: string;
  readonly hint: string | null;
}

/**
 * Makes the answer to a request that is refused.
 *
 * @param code One of {@link ACP_CODE}.
 * @param message One sentence of ours.
 * @param data Our own code and what to do.
 * @returns The error to throw.
 */
export function acpError(code: number, message: string, data: ErrorData): RequestError {
  return new RequestError(code, sanitizeLine(message), {
    code: data.code,
    hint: data.hint === null ? null : sanitizeLine(data.hint),
  });
}

/**
 * Makes the answer for whatever a request failed with; nothing of a stack or of somebody else's text gets out.
 *
 * @param cause What was thrown.
 * @param mask Masks secret values.
 * @param tell Told of what nobody expected, for standard error.
 * @returns The error to throw.
 */
export function errorFor(cause: unknown, mask: Mask, tell: (cause: unknown) => void): RequestError {
  if (cause instanceof RequestError) return cause;
  if (!(cause instanceof AgentZeroError)) {
    tell(cause);
    return acpError(ACP_CODE.internal, "Cannot answer: an unexpected failure inside agentzero", {
      code: "INTERNAL",
      hint: "run with AGENTZERO_DEBUG=1 and report what standard error says",
    });
  }
  const { code, message, hint } = cause;
  return acpError(codeOf(code), safe(mask, message), { code, hint: hint === undefined ? null : safe(mask, hint) });
}

function codeOf(code: string): number {
  if (code === "SESSION_NOT_FOUND" || code === "NOT_FOUND") return ACP_CODE.notFound;
  if (/^(?:HOME_|KEYS?_|VAULT_|WRITE_FAILED)/.test(code)) return ACP_CODE.setup;
  if (code === "MODEL_DENIED" || code === "PATH_INVALID") return ACP_CODE.params;
  return ACP_CODE.internal;
}

// What cannot be masked is not said.
function safe(mask: Mask, text: string): string {
  try {
    return mask(text);
  } catch {
    return "(withheld: masking failed)";
  }
}
