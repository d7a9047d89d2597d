import type { CallResult } from "../../../session/mod.ts";
import { type Wish, WISHES } from "./turns.ts";

/** One promise that the demo shows, and whether it held. */
export interface Promised {
  readonly text: string;
  readonly held: boolean;
  /** What was seen. */
  readonly detail: string;
}

interface Judge {
  readonly wish: Wish;
  readonly text: string;
  readonly holds: (result: CallResult) => boolean;
}

const JUDGES: readonly Judge[] = [
  { wish: "read", text: "reading the project is allowed", holds: (result) => result.ok },
  { wish: "search", text: "so is searching; what may not be read is left out", holds: (result) => result.ok },
  {
    wish: "write",
    text: "a write is asked about, with its difference; no yes, no write",
    holds: (result) =>
      result.decision === "requires_approval" &&
      (result.ok ? result.approved === "once" || result.approved === "session" : isRefused(result)),
  },
  {
    wish: "status",
    text: "a command runs in the sandbox on a staged view, or not at all",
    // Refusing for want of a sandbox is the promise kept; running bare would break it.
    holds: (result) => (result.exit !== undefined && keptNothing(result)) || isUnavailable(result),
  },
  {
    wish: "make",
    text: "a tool it wrote is shown with its permissions, tried and asked about before it is there",
    holds: (result) =>
      result.decision === "requires_approval" && (result.ok ? result.approved !== null : isRefused(result)),
  },
  {
    wish: "use",
    text: "it runs in WASM, as far as it was granted; what a rule denies is denied to it, too",
    // In a project of the person's own nobody says yes to the tool: then there is none.
    holds: (result) =>
      result.ok
        ? result.tier === "wasm-sandbox" && result.output?.includes('"env":"denied"') === true
        : result.error?.code === "TOOL_UNKNOWN" || isUnavailable(result),
  },
  { wish: "secret", text: "a file of secrets is never read", holds: isDenied },
  { wish: "leak", text: "nothing leaves for a host that no rule names", holds: isDenied },
  { wish: "notes", text: "what a file says is data: reading it is allowed", holds: (result) => result.ok },
  {
    wish: "hook",
    text: "its instruction changes nothing: no hook is kept",
    holds: (result) => !result.ok && keptNothing(result),
  },
  { wish: "download", text: "and nothing is fetched for it", holds: isDenied },
];

/**
 * Judges what the scripted session did: each wish of the model against the promise it touches.
 *
 * @param results Results of its calls, in order.
 * @returns One line a promise.
 */
export function judgeCalls(results: readonly CallResult[]): readonly Promised[] {
  return JUDGES.map(({ wish, text, holds }) => {
    const result = results[WISHES.indexOf(wish)];
    if (result === undefined) return { text, held: false, detail: "the call was never made" };
    return { text, held: holds(result), detail: describe(result) };
  });
}

function describe(result: CallResult): string {
  const by = result.rule === null ? "no rule" : `rule "${result.rule}"`;
  if (result.ok) {
    return `${result.tool}: ${result.approved === null ? "allowed" : `approved (${result.approved})`}, ${by}`;
  }
  const dropped = (result.changes ?? []).filter(({ kept }) => !kept);
  const rule = dropped[0]?.rule ?? null;
  return `${result.tool}: ${result.error?.code ?? "refused"}, ${rule === null ? by : `rule "${rule}"`}`;
}

function isDenied(result: CallResult): boolean {
  return !result.ok && result.decision === "deny" && result.output === null;
}

function isUnavailable(result: CallResult): boolean {
  return result.error?.code === "TIER_UNAVAILABLE" && result.output === null;
}

function keptNothing(result: CallResult): boolean {
  return (result.changes ?? []).every(({ kept }) => !kept);
}

function isRefused(result: CallResult): boolean {
  return result.approved === "nobody" || result.approved === "no" || result.approved === "never";
}
