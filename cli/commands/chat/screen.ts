import type { Approver } from "../../../core/mod.ts";
import type { SessionEvent } from "../../../session/mod.ts";
import type { Output } from "../../context.ts";
import type { Stoppable, Typed } from "../../term/prompt-box.ts";
import { sanitizeLine } from "../../term/sanitize.ts";
import { displayWidth, fitWidth } from "../../term/width.ts";

/** Facts of a session that its status line tells. */
export interface StatusFacts {
  readonly mode: string;
  readonly grants: number;
  readonly auditFailed: boolean;
  /** Untrusted text stands in the conversation: what the model writes may be shaped by it. */
  readonly tainted: boolean;
  /** Cells that the line may take. */
  readonly cells: number;
}

/** What a chat is shown on and typed into. */
export interface ChatScreen {
  /** The way to print in this chat; nothing else may write while it lives. */
  readonly output: Output;
  /** Asks on this screen. */
  readonly approver: Approver;
  /** Shows one event. */
  take(event: SessionEvent): void;
  /** Waits for the next input. */
  read(): Promise<Typed>;
  /** Runs work that Ctrl+C and Escape stop, and ends an unfinished line afterwards. */
  during(run: Stoppable): Promise<void>;
  /** Gives the terminal back as it was; idempotent. */
  close(): void;
}

/** What a session has told about itself so far, for the status line. */
export interface SessionTally {
  take(event: SessionEvent): void;
  /** Takes the model that answers from now on. */
  model(provider: string, name: string, locality: string): void;
  /** The model that answers, `PROVIDER/NAME`; its provider alone where that is all there is. */
  readonly modelName: string;
  /** `llama3.2 local | ask | 3 grants | 12k/128k | tainted | audit ok` */
  status(facts: StatusFacts): string;
  /** Tokens so far. */
  readonly usage: { readonly input: number; readonly output: number; readonly calls: number };
  /** What calls changed in the project, in order. */
  readonly kept: readonly string[];
}

/** Creates the tally of one session. */
export function createTally(): SessionTally {
  let model = "";
  let used = "";
  const usage = { input: 0, output: 0, calls: 0 };
  const kept: string[] = [];
  let modelName = "";
  function useModel(provider: string, name: string, locality: string): void {
    model = modelText(name, locality);
    modelName = provider === name ? provider : `${provider}/${name}`;
  }
  return {
    usage,
    kept,
    get modelName() {
      return modelName;
    },
    model: useModel,
    take(event): void {
      if (event.type === "init") useModel(event.provider, event.model, event.locality);
      else if (event.type === "usage") {
        used = `${thousands(event.context.used)}/${thousands(event.context.size)}`;
        usage.input += event.input;
        usage.output += event.output;
        usage.calls++;
      } else if (event.type === "tool_result") {
        for (const change of event.changes ?? []) if (change.kept) kept.push(`${change.kind} ${change.path}`);
      }
    },
    status: (facts) => fittingStatus(facts, { model, used }),
  };
}

/** What is left out where there is no room, first to last; that something is wrong always stays. */
const DISPENSABLE = ["grants", "used", "audit"] as const;

function fittingStatus(facts: StatusFacts, of: { readonly model: string; readonly used: string }): string {
  const parts = new Map([
    ["model", of.model],
    ["mode", facts.mode],
    ["grants", `${facts.grants} ${facts.grants === 1 ? "grant" : "grants"}`],
    ["used", of.used],
    ["tainted", facts.tainted ? "tainted" : ""],
    ["audit", facts.auditFailed ? "" : "audit ok"],
    ["failed", facts.auditFailed ? "AUDIT FAILED" : ""],
  ]);
  function line(): string {
    return [...parts.values()].filter((part) => part !== "").join(" | ");
  }
  for (const name of DISPENSABLE) {
    if (displayWidth(sanitizeLine(line())) <= facts.cells) break;
    parts.delete(name);
  }
  const over = displayWidth(sanitizeLine(line())) - facts.cells;
  // A long name of a model gives way before the rest does.
  if (over > 0) parts.set("model", fitWidth(sanitizeLine(of.model), Math.max(4, displayWidth(of.model) - over)));
  return line();
}

function modelText(name: string, locality: string): string {
  return name === locality ? name : `${name} ${locality}`;
}

function thousands(count: number): string {
  return count < 1_000 ? String(count) : `${Math.round(count / 1_000)}k`;
}
