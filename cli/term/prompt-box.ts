import type { Timers } from "../../core/mod.ts";
import type { Terminal } from "../context.ts";
import { type HistorySearch, searchStep, startSearch } from "./history-search.ts";
import { inputRegion, PROMPT, type Region, searchRegion } from "./input-region.ts";
import type { Key } from "./key.ts";
import { type LineState, lineStep, startLine } from "./line-edit.ts";
import type { LiveRegion } from "./live-region.ts";
import { joinInputs, keptPastes } from "./pastes.ts";
import { printedInput } from "./printed-input.ts";

/** What a person did with an input. */
export type Typed =
  | { readonly kind: "send"; readonly text: string; readonly pastes: readonly string[] }
  /** Shift+Tab. */
  | { readonly kind: "mode" }
  /** Ctrl+D on an empty line, or the terminal went away. */
  | { readonly kind: "end" }
  /** Ctrl+C twice on an empty line. */
  | { readonly kind: "leave" };

/** Work that a person can stop. */
export interface Stoppable {
  work(): Promise<unknown>;
  cancel(): void;
}

/** A word that Tab completes. */
export interface Completion {
  readonly text: string;
  readonly cursor: number;
  /** What else it could be, when it could be several. */
  readonly choices: readonly string[];
}

/** What the box is wired to. */
export interface PromptBoxDeps {
  readonly terminal: Terminal;
  readonly region: LiveRegion;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly timers: Timers;
  /** The line below the input, untrusted, for so many cells. */
  readonly status: (cells: number) => string;
  /** Earlier inputs, oldest first. */
  readonly history: () => readonly string[];
  readonly complete: (text: string, cursor: number) => Completion | null;
}

/** The input at the bottom of the screen. It listens all the time: what is typed while something runs waits its turn. */
export interface PromptBox {
  /** Waits for the next input. */
  read(): Promise<Typed>;
  /** Runs work; Ctrl+C and Escape stop it and take back what was lined up behind it. Rejects as the work does. */
  during(run: Stoppable): Promise<void>;
  /** Draws the status line anew. */
  refresh(): void;
  /** Gives the keyboard back and takes the input off the screen; idempotent. */
  close(): void;
}

/** How long a second Ctrl+C leaves. */
const AGAIN_MS = 2_000;
const AGAIN = "Ctrl+C again to exit";
const MAX_LINES = 5;
const MAX_QUEUE = 20;
const PASTE_ON = "\u001b[?2004h";
const PASTE_OFF = "\u001b[?2004l";

/**
 * Creates the box and takes the keyboard.
 *
 * @param deps Terminal, region and texts.
 * @returns The box, empty.
 */
export function createPromptBox(deps: PromptBoxDeps): PromptBox {
  const box = new Box(deps);
  box.open();
  return box;
}

class Box implements PromptBox {
  readonly #deps: PromptBoxDeps;
  #state: LineState;
  #search: HistorySearch | null = null;
  #waiting: ((typed: Typed) => void) | null = null;
  #running: Stoppable | null = null;
  #queue: Typed[] = [];
  #hint: string | null = null;
  #warnedAt = Number.NEGATIVE_INFINITY;
  #forgetWarning: (() => void) | null = null;
  #ended = false;
  #release: (() => void) | null = null;

  constructor(deps: PromptBoxDeps) {
    this.#deps = deps;
    this.#state = startLine(deps.history());
  }

  open(): void {
    const { terminal } = this.#deps;
    const { region } = this.#deps;
    let show: (() => void) | null = null;
    const release = terminal.keyboard.capture({
      onKey: (key) => this.#onKey(key),
      onEnd: () => this.#onEnd(),
      onAway(): void {
        show ??= region.hide();
        terminal.write(PASTE_OFF);
      },
      onBack(): void {
        terminal.write(PASTE_ON);
        show?.();
        show = null;
        region.resized();
      },
    });
    const forget = terminal.onResize(() => {
      this.refresh();
      this.#deps.region.resized();
    });
    terminal.write(PASTE_ON);
    this.#release = () => {
      release();
      forget();
      this.#deps.region.input(null);
      terminal.write(PASTE_OFF);
    };
    this.refresh();
  }

  read(): Promise<Typed> {
    const queued = this.#queue.shift();
    if (queued !== undefined) {
      if (queued.kind === "send") this.#print(queued);
      return Promise.resolve(queued);
    }
    if (this.#ended) return Promise.resolve({ kind: "end" });
    const { promise, resolve } = Promise.withResolvers<Typed>();
    this.#waiting = resolve;
    this.refresh();
    return promise;
  }

  async during(run: Stoppable): Promise<void> {
    this.#running = run;
    this.refresh();
    try {
      if (this.#ended) run.cancel();
      await run.work();
    } finally {
      this.#running = null;
      this.refresh();
    }
  }

  refresh(): void {
    if (this.#release !== null || this.#waiting !== null) this.#deps.region.input(this.#layout());
  }

  close(): void {
    this.#forgetWarning?.();
    this.#release?.();
    this.#release = null;
    this.#settle({ kind: "end" });
  }

  #layout(): Region {
    const { terminal, status, history } = this.#deps;
    const columns = terminal.columns();
    if (this.#search !== null) {
      return searchRegion(this.#search.query, history()[this.#search.at], columns);
    }
    const queued = this.#queue.length === 0 ? "" : `${this.#queue.length} queued | `;
    const working = this.#running === null ? "" : "working | ";
    const doing = `${working}${queued}`;
    const below = this.#hint ?? `${doing}${status(columns - 1 - doing.length)}`;
    const maxLines = Math.max(1, Math.min(MAX_LINES, Math.floor(terminal.rows() / 3) - 1));
    return inputRegion(this.#state, { columns, maxLines, prompt: PROMPT, status: below });
  }

  #onEnd(): void {
    this.#ended = true;
    this.#running?.cancel();
    this.#settle({ kind: "end" });
  }

  #settle(typed: Typed): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(typed);
  }

  #onKey(key: Key): void {
    this.#hint = null;
    if (this.#search !== null) this.#onSearchKey(key, this.#search);
    else this.#onLineKey(key);
    this.refresh();
  }

  #onSearchKey(key: Key, search: HistorySearch): void {
    const step = searchStep(search, key, this.#deps.history());
    if (step.kind === "search") {
      this.#search = step.search;
      return;
    }
    this.#search = null;
    if (step.kind === "cancel") return;
    this.#state = startLine(this.#deps.history(), step.text);
    if (step.again) this.#onLineKey(key);
  }

  #onLineKey(key: Key): void {
    if (key.kind === "key" && key.ctrl && key.name === "char:r") {
      this.#search = startSearch(this.#deps.history());
      return;
    }
    if (key.kind === "key" && key.ctrl && key.name === "char:l") return this.#deps.region.fresh();
    if (key.kind === "key" && key.name === "tab" && !key.shift) return this.#completeWord();
    const step = lineStep(this.#state, key, this.#deps.history());
    switch (step.kind) {
      case "edit":
        this.#state = step.state;
        return;
      case "send":
        return this.#send(step);
      case "interrupt":
        return this.#interrupt();
      case "escape":
        if (this.#running !== null) this.#stop();
        return;
      case "end":
      case "mode":
        this.#give({ kind: step.kind });
        return;
      default:
        step satisfies never;
    }
  }

  #completeWord(): void {
    const done = this.#deps.complete(this.#state.text, this.#state.cursor);
    if (done === null) return;
    this.#state = { ...this.#state, text: done.text, cursor: done.cursor };
    if (done.choices.length > 1) this.#hint = done.choices.join("  ");
  }

  #send(step: { readonly text: string; readonly pastes: readonly string[] }): void {
    if (step.text.trim() === "") return;
    const typed = { kind: "send", ...keptPastes(step) } as const;
    if (this.#waiting !== null) this.#print(typed);
    if (this.#give(typed)) this.#state = startLine(this.#deps.history());
  }

  /** Hands an input over, or lines it up behind what runs. */
  #give(typed: Typed): boolean {
    if (this.#waiting !== null) this.#settle(typed);
    else if (this.#queue.length < MAX_QUEUE) this.#queue.push(typed);
    else {
      this.#hint = `${MAX_QUEUE} inputs wait already`;
      return false;
    }
    return true;
  }

  #interrupt(): void {
    const now = this.#deps.now();
    if (this.#running !== null) this.#stop();
    else if (this.#state.text !== "") this.#state = startLine(this.#deps.history());
    else if (now - this.#warnedAt < AGAIN_MS) this.#settle({ kind: "leave" });
    else {
      this.#warnedAt = now;
      this.#hint = AGAIN;
      this.#forgetWarning?.();
      this.#forgetWarning = this.#deps.timers.after(AGAIN_MS, () => {
        if (this.#hint === AGAIN) this.#hint = null;
        this.refresh();
      });
    }
  }

  // Whoever stops the work does not want what was lined up behind it to run, nor to lose what was typed.
  #stop(): void {
    const back = this.#queue.filter((typed) => typed.kind === "send");
    this.#queue = [];
    if (back.length > 0) {
      const { text, pastes } = joinInputs([...back, this.#state]);
      this.#state = { ...startLine(this.#deps.history(), text), pastes };
    }
    this.#running?.cancel();
  }

  #print(typed: Extract<Typed, { kind: "send" }>): void {
    const lines = printedInput(typed, this.#deps.terminal.columns());
    this.#deps.region.print(`${lines.join("\n")}\n`);
  }
}
