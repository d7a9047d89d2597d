import type { CallId, Decision, IsolationTier, Layer, PreviewChange, SessionId, TrustLabel } from "../core/mod.ts";
import type { Approved, CallResult } from "./call.ts";

/** How a prompt ended. */
export type Stop =
  | "end"
  | "refused"
  | "max_turns"
  | "max_tokens"
  | "time"
  | "loop"
  | "denied"
  | "provider"
  | "integrity"
  | "cancelled";

/** What happens in a session, in order. Every text is masked; front doors only show it. */
export type SessionEvent =
  | {
    readonly type: "init";
    readonly version: string;
    readonly cwd: string;
    readonly provider: string;
    readonly model: string;
    readonly locality: "builtin" | "local" | "remote";
    readonly mode: "ask" | "read-only";
    readonly policy: { readonly digest: string; readonly layers: readonly string[] };
    readonly tools: readonly string[];
    readonly limits: Readonly<Record<string, number>>;
  }
  | { readonly type: "text"; readonly text: string; readonly trust: TrustLabel }
  | { readonly type: "thought"; readonly text: string }
  | {
    readonly type: "tool_call";
    readonly call: CallId;
    readonly tool: string;
    readonly args: unknown;
    readonly tainted: boolean;
    /** From policy facts, for people. */
    readonly title: string;
  }
  | {
    readonly type: "decision";
    readonly call: CallId;
    readonly decision: Decision;
    readonly rule: string | null;
    readonly layer: Layer | null;
    readonly reason: string;
    readonly tier: IsolationTier;
    readonly approved: Approved;
  }
  | { readonly type: "tool_output"; readonly call: CallId; readonly stream: "stdout" | "stderr"; readonly text: string }
  /** What a call changed, with both sides; before its result, and only where the front door shows differences. */
  | { readonly type: "changes"; readonly call: CallId; readonly changes: readonly PreviewChange[] }
  | ({ readonly type: "tool_result" } & CallResult)
  | { readonly type: "plan"; readonly entries: readonly { readonly call: CallId; readonly title: string }[] }
  | { readonly type: "notice"; readonly level: "info" | "warning"; readonly code: string; readonly text: string }
  | {
    readonly type: "usage";
    readonly input: number;
    readonly output: number;
    readonly context: { readonly used: number; readonly size: number };
  }
  | { readonly type: "compaction"; readonly before: number; readonly after: number }
  | { readonly type: "error"; readonly code: string; readonly message: string; readonly hint: string | null }
  | {
    readonly type: "result";
    readonly ok: boolean;
    readonly stop: Stop;
    readonly text: string;
    readonly turns: number;
    readonly calls: number;
    readonly denied: number;
    readonly exit: number;
    readonly usage: { readonly input: number; readonly output: number };
    readonly audit: { readonly file: string };
  };

/** An event as one line of `stream-json`. */
export type NumberedEvent = { readonly v: 1; readonly seq: number; readonly session: SessionId } & SessionEvent;

/**
 * The exit code of a prompt.
 *
 * @param stop How it ended.
 * @param denied How many calls were denied.
 * @returns An exit code of the contract; a reply that ended by itself after a denial is 5.
 */
export function exitOfStop(stop: Stop, denied: number): number {
  switch (stop) {
    case "end":
      return denied > 0 ? 5 : 0;
    case "refused":
      return denied > 0 ? 5 : 1;
    case "max_turns":
    case "max_tokens":
    case "time":
    case "loop":
      return 3;
    case "denied":
      return 5;
    case "provider":
      return 6;
    case "integrity":
      return 7;
    case "cancelled":
      return 130;
    default:
      return stop satisfies never;
  }
}
