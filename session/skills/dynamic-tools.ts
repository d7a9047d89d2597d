import { SessionError } from "../errors.ts";
import type { ToolEntry } from "../tools/registry.ts";

/** The tools of one session: those of every session, and those it gained: skills that were loaded, generated tools. */
export interface DynamicTools {
  /** Every tool that can be called now. A live view: it changes between rounds, never within one. */
  readonly tools: ReadonlyMap<string, ToolEntry>;
  /** Offers a tool from the next round on; replaces one of the same name that was offered before. Throws `SHADOW`. */
  offer(entry: ToolEntry): void;
  /** Takes an offered tool back from the next round on. */
  withdraw(name: string): void;
  /** From the next round on only these can be called, of those that can be; `null` ends every such ceiling. */
  limitTo(names: ReadonlySet<string> | null): void;
  /** Begins a round: what was offered since the last one can be called now. Gives the names of new tools. */
  nextRound(): readonly string[];
}

/**
 * Creates the tools of a session.
 *
 * Threat: a reply that makes a tool and calls it at once, before a person could see that there is one. What is offered
 * within a round can be called in the next.
 *
 * @param fixed The tools of every session; no other tool can take one of their names.
 * @param reads `true` for a session that only reads: of what is offered only tools that just read are kept.
 * @returns The tools.
 */
export function createDynamicTools(fixed: ReadonlyMap<string, ToolEntry>, reads = false): DynamicTools {
  const tools = new Map(fixed);
  const all = new Map(fixed);
  const pending = new Map<string, ToolEntry | null>();
  let ceilings: readonly ReadonlySet<string>[] = [];
  return {
    tools,
    offer(entry): void {
      if (fixed.has(entry.name)) {
        throw new SessionError("SHADOW", `Cannot offer tool "${entry.name}": a built-in tool has this name`);
      }
      if (!reads || entry.readOnly) pending.set(entry.name, entry);
    },
    withdraw(name): void {
      if (!fixed.has(name)) pending.set(name, null);
    },
    limitTo(names): void {
      ceilings = names === null ? [] : [...ceilings, names];
    },
    nextRound(): readonly string[] {
      const fresh: string[] = [];
      for (const [name, entry] of pending) {
        if (entry === null) {
          all.delete(name);
          continue;
        }
        if (!all.has(name)) fresh.push(name);
        all.set(name, entry);
      }
      pending.clear();
      // In the order of the session, whatever a ceiling left out before.
      tools.clear();
      for (const [name, entry] of all) if (ceilings.every((names) => names.has(name))) tools.set(name, entry);
      return fresh;
    },
  };
}
