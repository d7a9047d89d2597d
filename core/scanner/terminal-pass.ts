import { type Automaton, pendingBytes, stepNode } from "./automaton.ts";
import { formatLength, isIgnoredByte, previousSignificant } from "./ignored.ts";
import type { PlainPass } from "./plain-pass.ts";
import { dominant, type Span } from "./spans.ts";
import { sequenceLength } from "./terminal-sequence.ts";
import type { ByteWindow } from "./window.ts";

/**
 * The second pass: also leaves out terminal sequences. Begins where the text shows its first ESC or C1 control; until
 * there both passes are the same.
 *
 * Threat: a value with a colour change or cursor movement between its letters looks whole on a screen.
 */
export class TerminalPass {
  /** Absolute offset of the next byte to read. */
  at: number;
  /** Matches in order of their ends. */
  spans: Span[] = [];
  readonly #automaton: Automaton;
  readonly #maxSpan: number;
  /** Absolute offsets of the last counting bytes, a ring. */
  readonly #places: Float64Array;
  #count = 0;
  #node: number;

  constructor(automaton: Automaton, maxSpan: number, from: { readonly plain: PlainPass; readonly window: ByteWindow }) {
    this.#automaton = automaton;
    this.#maxSpan = maxSpan;
    this.#places = new Float64Array(2 ** Math.ceil(Math.log2(automaton.longest + 1)));
    this.at = from.plain.at;
    this.#node = from.plain.node;
    this.#adopt(from.window);
  }

  /** Reads all there is. */
  run(window: ByteWindow, final: boolean): void {
    const { bytes, base } = window;
    const end = window.end - base;
    let i = this.at - base;
    while (i < end) {
      const byte = bytes[i] ?? 0;
      const skipped = byte === 0x1b || byte >= 0xc2 ? skipLength(bytes, i, end) : isIgnoredByte(byte) ? 1 : 0;
      if (skipped < 0 && !final) break;
      if (skipped > 0) {
        i += skipped;
        continue;
      }
      // At the very end an unfinished ESC sequence is an ignored byte and ordinary text.
      if (!isIgnoredByte(byte)) this.#step(byte, base + i);
      i++;
    }
    this.at = base + i;
  }

  /** Absolute offset in front of which no future match can begin. */
  safe(): number {
    const pending = pendingBytes(this.#automaton, this.#node);
    if (pending === 0) return this.at;
    return Math.max(this.#place(pending), this.at - this.#maxSpan);
  }

  #step(byte: number, place: number): void {
    const { classOf, out, lengths } = this.#automaton;
    this.#node = stepNode(this.#automaton, this.#node, classOf[byte] ?? 0);
    this.#push(place);
    const pattern = (out[this.#node] ?? 0) - 1;
    if (pattern < 0) return;
    const start = this.#place(lengths[pattern] ?? 0);
    const end = place + 1;
    if (start < end - this.#maxSpan) return;
    const last = this.spans.at(-1);
    if (last === undefined || start >= last.end) this.spans.push({ start, end, pattern });
    else {
      const name = dominant(last.pattern, pattern, (index) => lengths[index] ?? 0);
      this.spans[this.spans.length - 1] = { start: Math.min(start, last.start), end, pattern: name };
    }
  }

  // Takes over the bytes that the plain pass has in hand.
  #adopt(window: ByteWindow): void {
    const places: number[] = [];
    let at = this.at - window.base;
    for (let left = this.#automaton.depth[this.#node] ?? 0; left > 0; left--) {
      at = previousSignificant(window.bytes, at, 0);
      if (at < 0) break;
      places.push(window.base + at);
    }
    // What the window no longer has is further back than a match may reach.
    for (let left = (this.#automaton.depth[this.#node] ?? 0) - places.length; left > 0; left--) this.#push(-Infinity);
    for (const place of places.toReversed()) this.#push(place);
  }

  #push(place: number): void {
    this.#places[this.#count++ & (this.#places.length - 1)] = place;
  }

  #place(back: number): number {
    return this.#places[(this.#count - back) & (this.#places.length - 1)] ?? 0;
  }
}

function skipLength(bytes: Uint8Array, at: number, end: number): number {
  const sequence = sequenceLength(bytes, at, end);
  if (sequence !== 0) return sequence;
  return bytes[at] === 0x1b ? 1 : formatLength(bytes, at, end);
}
