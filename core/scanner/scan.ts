import type { Automaton } from "./automaton.ts";
import { PlainPass } from "./plain-pass.ts";
import { mergeSpans, type Span } from "./spans.ts";
import { TerminalPass } from "./terminal-pass.ts";
import { UserInfoPass } from "./user-info-pass.ts";
import type { ByteWindow } from "./window.ts";

/** All passes over one text or stream. */
export class Scan {
  readonly #automaton: Automaton | null;
  readonly #maxSpan: number;
  readonly #plain: PlainPass | null;
  readonly #userInfo: UserInfoPass;
  #terminal: TerminalPass | null = null;

  /** Starts at an absolute offset; `userInfo` takes over the state of an earlier scan of the same stream. */
  constructor(automaton: Automaton | null, from = 0, userInfo: UserInfoPass = new UserInfoPass()) {
    this.#automaton = automaton;
    // Twice and more what wrapping, spacing and UTF-16 add, and room for one page of filler.
    this.#maxSpan = 4 * (automaton?.longest ?? 0) + 65_536;
    this.#plain = automaton === null ? null : new PlainPass(automaton, this.#maxSpan);
    if (this.#plain !== null) this.#plain.at = from;
    this.#userInfo = userInfo;
  }

  /** The pass over URLs, to be handed to the scan that takes over. */
  get userInfo(): UserInfoPass {
    return this.#userInfo;
  }

  /** Reads all there is; `final` when nothing more will come. */
  run(window: ByteWindow, final: boolean): void {
    this.#userInfo.run(window, final);
    if (this.#plain === null || this.#automaton === null) return;
    if (this.#terminal === null) {
      const escape = window.bytes.indexOf(0x1b, this.#plain.at - window.base) + window.base;
      const until = escape >= this.#plain.at && escape < window.end ? escape : window.end;
      const atC1 = this.#plain.run(window, until, final && until === window.end);
      if (atC1 || until < window.end) this.#fork(this.#plain, window, until);
    }
    if (this.#terminal !== null) {
      this.#plain.run(window, window.end, final);
      this.#terminal.run(window, final);
    }
  }

  /** Absolute offset in front of which nothing can change any more. */
  safe(window: ByteWindow): number {
    const plain = this.#plain?.safe(window) ?? window.end;
    return Math.min(plain, this.#terminal?.safe() ?? window.end, this.#userInfo.safe(), window.end);
  }

  /** Absolute offset in front of which no pass needs the bytes any more. */
  needs(): number {
    return Math.min(this.#userInfo.at, this.#plain?.at ?? Infinity, this.#terminal?.at ?? Infinity);
  }

  /** Takes out what was found, merged, in order. */
  take(): Span[] {
    const passes = [this.#plain, this.#terminal, this.#userInfo];
    const { lengths } = this.#automaton ?? { lengths: new Int32Array(0) };
    return mergeSpans(passes.flatMap((pass) => pass?.spans ?? []), (pattern) => lengths[pattern] ?? 0);
  }

  /** Forgets spans in front of an absolute offset: they went out. */
  forget(before: number): void {
    for (const pass of [this.#terminal, this.#userInfo]) {
      if (pass !== null) pass.spans = pass.spans.filter((span) => span.start >= before);
    }
    if (this.#plain !== null) this.#plain.spans = this.#plain.spans.filter((span) => span.start >= before);
  }

  #fork(plain: PlainPass, window: ByteWindow, until: number): void {
    // A lead byte right in front of ESC is no format character: read it before the passes part.
    if (plain.at < until) plain.run(window, until, true);
    plain.stopAtC1 = false;
    this.#terminal = new TerminalPass(this.#automaton ?? never(), this.#maxSpan, { plain, window });
  }
}

function never(): never {
  throw new TypeError("no automaton");
}
