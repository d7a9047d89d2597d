import type { Key } from "./key.ts";

/** A search backwards through the history, as Ctrl+R starts it. */
export interface HistorySearch {
  readonly query: string;
  /** Position of the hit; the length of the history when nothing was found yet. */
  readonly at: number;
}

/** What a key leads to. */
export type SearchStep =
  | { readonly kind: "search"; readonly search: HistorySearch }
  /** The hit becomes the input; the key itself still counts where it is no part of the search. */
  | { readonly kind: "accept"; readonly text: string; readonly again: boolean }
  | { readonly kind: "cancel" };

/**
 * Starts a search.
 *
 * @param history Earlier inputs, oldest first.
 * @returns An empty query, before the newest.
 */
export function startSearch(history: readonly string[]): HistorySearch {
  return { query: "", at: history.length };
}

/**
 * Says what a key does to a search: text narrows it, Ctrl+R looks further back, Enter takes the hit into the input
 * without sending it, Escape and Ctrl+C leave.
 *
 * @param search The search.
 * @param key One key.
 * @param history Earlier inputs, oldest first.
 * @returns What follows.
 */
export function searchStep(search: HistorySearch, key: Key, history: readonly string[]): SearchStep {
  if (key.kind === "text") return found(search.query + key.text, search.at, history);
  if (key.kind === "paste") return found(search.query + (key.text.split("\n", 1)[0] ?? ""), search.at, history);
  if (key.ctrl && key.name === "char:r") return found(search.query, search.at - 1, history);
  if (key.name === "backspace") {
    return found(Array.from(search.query).slice(0, -1).join(""), history.length, history);
  }
  if (key.name === "escape" || (key.ctrl && (key.name === "char:c" || key.name === "char:g"))) {
    return { kind: "cancel" };
  }
  const text = history[search.at];
  // Nobody who searches wants to send what they have not seen whole.
  return text === undefined ? { kind: "cancel" } : { kind: "accept", text, again: key.name !== "enter" };
}

// The nearest hit at `from` or before it; without one the last hit stays.
function found(query: string, from: number, history: readonly string[]): SearchStep {
  if (query !== "") {
    const needle = query.toLowerCase();
    for (let at = Math.min(from, history.length - 1); at >= 0; at--) {
      if (history[at]?.toLowerCase().includes(needle) === true) return { kind: "search", search: { query, at } };
    }
  }
  return { kind: "search", search: { query, at: query === "" ? history.length : Math.max(0, from + 1) } };
}
