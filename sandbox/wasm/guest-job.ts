import type { HostCall, HostContext, HostReply } from "../../core/mod.ts";
import type { LinkEnd } from "./guest-link.ts";
import type { LogLine, StartMessage } from "./guest/messages.ts";

/** One call for a guest. */
export interface GuestJob {
  readonly start: Omit<StartMessage, "kind" | "run">;
  readonly signal: AbortSignal;
  /** Answers host calls; absent: all are denied. */
  readonly host: ((call: HostCall, context: HostContext) => Promise<HostReply>) | null;
  readonly onLog: (line: LogLine) => void;
}

/** How the end of a program reads. */
export function broken(
  { code, why }: LinkEnd,
): { readonly code: string; readonly reason: string; readonly hint: null } {
  return { code, reason: `Cannot run component: ${why}`, hint: null };
}
