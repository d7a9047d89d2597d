import { concatBytes } from "../concat-bytes.ts";
import type { MaskStream, Redaction } from "../redactor.ts";
import type { Classification } from "../words.ts";
import type { Automaton } from "./automaton.ts";
import { Scan } from "./scan.ts";
import type { Span } from "./spans.ts";
import { Tally } from "./tally.ts";
import { ByteWindow } from "./window.ts";

/** What stands in for a span. */
export interface Mask {
  readonly placeholder: string;
  readonly class: Classification;
  readonly by: string;
}

/** What a stream asks its redactor. */
export interface MaskSource {
  readonly generation: number;
  automaton(): Automaton | null;
  /** The mask of a span, or `null` to leave it as it is. */
  maskOf(span: Span, bytes: Uint8Array): Mask | null;
}

/** Masks a byte stream. What could still become part of a match is held back, also while the stream is idle. */
export class HoldingMaskStream implements MaskStream {
  readonly #source: MaskSource;
  readonly #window = new ByteWindow();
  readonly #tally = new Tally();
  #scan: Scan;
  #generation: number;
  /** Absolute offset up to which everything went out. */
  #flushed = 0;

  constructor(source: MaskSource) {
    this.#source = source;
    this.#generation = source.generation;
    this.#scan = new Scan(source.automaton());
  }

  get redactions(): readonly Redaction[] {
    return this.#tally.list();
  }

  push(chunk: Uint8Array): Uint8Array {
    this.#window.append(chunk);
    return this.#advance(false);
  }

  end(): Uint8Array {
    return this.#advance(true);
  }

  #advance(final: boolean): Uint8Array {
    if (this.#generation !== this.#source.generation) {
      // A value resolved meanwhile: look at what is held once more, with the new automaton.
      this.#generation = this.#source.generation;
      this.#scan = new Scan(this.#source.automaton(), this.#flushed, this.#scan.userInfo);
    }
    this.#scan.run(this.#window, final);
    const spans = this.#scan.take();
    let limit = final ? this.#window.end : this.#scan.safe(this.#window);
    // A span that reaches beyond may still grow: it stays back as a whole.
    for (const span of spans.toReversed()) if (span.end > limit) limit = Math.min(limit, span.start);
    const out = this.#emit(spans, Math.max(limit, this.#flushed));
    this.#scan.forget(this.#flushed);
    this.#window.drop(Math.min(this.#flushed, this.#scan.needs()));
    return out;
  }

  #emit(spans: readonly Span[], limit: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let at = this.#flushed;
    for (const span of spans) {
      if (span.end > limit) break;
      const mask = this.#source.maskOf(span, this.#window.slice(span.start, span.end));
      if (mask === null) continue;
      parts.push(this.#window.slice(at, span.start), new TextEncoder().encode(mask.placeholder));
      this.#tally.add(mask);
      at = span.end;
    }
    parts.push(this.#window.slice(at, limit));
    this.#flushed = limit;
    return parts.length === 1 ? parts[0] ?? new Uint8Array(0) : concatBytes(parts);
  }
}
