import { type Automaton, pendingBytes, stepNode } from "./automaton.ts";
import { FIRST_FORMAT_LEAD, FORMAT_LEADS, formatLength, isIgnoredByte, previousSignificant } from "./ignored.ts";
import { dominant, type Span } from "./spans.ts";
import type { ByteWindow } from "./window.ts";

/** A span and how many counting bytes it has. */
interface CountedSpan extends Span {
  readonly count: number;
}

/** The pass that every byte takes: only ignored bytes are left out. */
export class PlainPass {
  /** Absolute offset of the next byte to read. */
  at = 0;
  /** Node of the automaton. */
  node = 0;
  /** Matches in order; overlapping ones are merged. */
  spans: CountedSpan[] = [];
  /** `true`: stop in front of a C1 control, so that the second pass can begin there. */
  stopAtC1 = true;
  /** The longest stretch of the original that counts as one match. */
  readonly #maxSpan: number;
  readonly #automaton: Automaton;

  constructor(automaton: Automaton, maxSpan: number) {
    this.#automaton = automaton;
    this.#maxSpan = maxSpan;
  }

  /** Reads up to an absolute offset; returns `true` when it stopped in front of a C1 control. */
  run(window: ByteWindow, until: number, final: boolean): boolean {
    const { classOf, dense, limit, classes, denseNodes } = this.#automaton;
    const { bytes, base } = window;
    const end = until - base;
    let i = this.at - base;
    let state = this.node < denseNodes ? this.node * classes : limit + this.node;
    let stopped = false;
    while (i < end) {
      if (state >= limit) {
        this.node = state - limit;
        i = this.#deep(window, i, { end, final });
        state = this.node < denseNodes ? this.node * classes : limit + this.node;
        // Still deep: the end was reached, or something that needs a look below.
        if (i >= end) break;
      }
      let byte = bytes[i] ?? 0;
      if (byte >= FIRST_FORMAT_LEAD && FORMAT_LEADS[byte] !== 0) {
        const length = formatLength(bytes, i, end);
        if (length > 0) {
          stopped = this.stopAtC1 && isC1(bytes, i);
          if (stopped) break;
          i += length;
          continue;
        }
        if (length < 0 && !final) break;
      }
      if (state >= limit) {
        // A lead byte that begins no format character, met in a deep node.
        i++;
        const next = stepNode(this.#automaton, state - limit, classOf[byte] ?? 0);
        state = next < denseNodes ? next * classes : limit + next;
        if (state >= limit) this.#arrive(window, next, i);
        continue;
      }
      // The loop that nearly all bytes go through: two loads a byte, and out for anything else.
      for (;;) {
        i = (i + 1) | 0;
        state = dense[(state + (classOf[byte] ?? 0)) | 0] ?? 0;
        if (state >= limit || i >= end) break;
        byte = bytes[i] ?? 0;
        if (byte >= FIRST_FORMAT_LEAD) break;
      }
      if (state >= limit) this.#arrive(window, state - limit, i);
    }
    this.at = base + i;
    this.node = state < limit ? state / classes : state - limit;
    return stopped;
  }

  /** Absolute offset in front of which no future match can begin. */
  safe(window: ByteWindow): number {
    const pending = pendingBytes(this.#automaton, this.node);
    return pending === 0 ? this.at : this.#walkBack(window, this.at, pending);
  }

  // Reads bytes while the node is deep; leaves lead bytes of format characters to the caller.
  #deep(window: ByteWindow, from: number, stop: { readonly end: number; readonly final: boolean }): number {
    const { classOf, denseNodes } = this.#automaton;
    const { bytes } = window;
    let i = from;
    while (i < stop.end && this.node >= denseNodes) {
      const byte = bytes[i] ?? 0;
      if (FORMAT_LEADS[byte] !== 0) return i;
      i++;
      if (isIgnoredByte(byte)) continue;
      this.node = stepNode(this.#automaton, this.node, classOf[byte] ?? 0);
      if (this.node >= denseNodes) this.#arrive(window, this.node, i);
    }
    return i;
  }

  #arrive(window: ByteWindow, node: number, relativeEnd: number): void {
    const pattern = (this.#automaton.out[node] ?? 0) - 1;
    if (pattern >= 0) this.#record(window, pattern, window.base + relativeEnd);
  }

  // Walks back from the end of a match to its start, over earlier spans in one step each: linear whatever the text.
  #record(window: ByteWindow, pattern: number, end: number): void {
    const { lengths } = this.#automaton;
    const count = lengths[pattern] ?? 0;
    const lowest = end - this.#maxSpan;
    let left = count;
    let at = end;
    let taken = this.spans.length;
    let total = 0;
    let name = pattern;
    while (left > 0) {
      const last = this.spans[taken - 1];
      const floor = Math.max(last?.end ?? window.base, lowest, window.base);
      const found = previousSignificant(window.bytes, at - window.base, floor - window.base);
      if (found >= 0) {
        at = window.base + found;
        left--;
        total++;
      } else if (last !== undefined && floor === last.end) {
        taken--;
        at = last.start;
        left -= last.count;
        total += last.count;
        name = dominant(name, last.pattern, (index) => lengths[index] ?? 0);
        // Threat: a value with endless filler between its letters would have to be held back for ever.
      } else return;
    }
    this.spans.length = taken;
    this.spans.push({ start: at, end, pattern: name, count: total });
  }

  #walkBack(window: ByteWindow, from: number, count: number): number {
    const lowest = Math.max(from - this.#maxSpan, window.base);
    let at = from;
    for (let left = count; left > 0; left--) {
      const found = previousSignificant(window.bytes, at - window.base, lowest - window.base);
      if (found < 0) return lowest;
      at = window.base + found;
    }
    return at;
  }
}

function isC1(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xc2 && (bytes[at + 1] ?? 0xff) < 0xa0;
}
