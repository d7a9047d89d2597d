import { blake2b, toHex } from "../digest.ts";
import { createPlaceholders, type Placeholders } from "../placeholders.ts";
import type { Random } from "../ports.ts";
import type { Finding, KnownValue } from "../redactor.ts";
import { checkSecretValue } from "../secret-value.ts";
import type { Automaton } from "./automaton.ts";
import { KnownValues } from "./known-values.ts";
import type { Mask, MaskSource } from "./mask-stream.ts";
import { Scan } from "./scan.ts";
import { type Span, USER_INFO } from "./spans.ts";
import { ByteWindow } from "./window.ts";

interface ValueInfo extends Mask {
  handle: string | null;
}

/** What a redactor knows: the values, what stands in for them, and how to find them. Never handed out. */
export class ValueTable implements MaskSource {
  /** The placeholders of this session. */
  readonly placeholders: Placeholders;
  readonly #values = new KnownValues();
  readonly #infos: ValueInfo[] = [];
  readonly #known = new Map<string, ValueInfo>();
  readonly #idKey: Uint8Array;

  constructor(random: Random) {
    this.placeholders = createPlaceholders(random);
    this.#idKey = random.bytes(32);
  }

  get generation(): number {
    return this.#values.generation;
  }

  /** `true` as long as no value is known. */
  get isEmpty(): boolean {
    return this.#infos.length === 0;
  }

  automaton(): Automaton | null {
    return this.#values.automaton();
  }

  /** Takes in a value; throws `SECRET_TOO_SHORT`, `SECRET_INVALID`, and `RangeError` when there are too many. */
  add(value: KnownValue): void {
    checkSecretValue(value.bytes, value.handle ?? "value");
    const id = toHex(blake2b(value.bytes, 32, this.#idKey));
    const known = this.#known.get(id);
    if (known !== undefined) {
      // The same value under a handle says more than without one.
      known.handle ??= value.handle;
      return;
    }
    const kind = value.class === "secret" ? "SECRET" : "CREDENTIAL";
    const placeholder = this.placeholders.makeKnown(kind, value.bytes);
    this.#values.add(value.bytes);
    const info = { placeholder, class: value.class, by: "exact", handle: value.handle };
    this.#infos.push(info);
    this.#known.set(id, info);
  }

  /** Finds everything to mask in a whole text. */
  scan(bytes: Uint8Array): readonly Span[] {
    const scan = new Scan(this.automaton());
    scan.run(new ByteWindow(bytes), true);
    return scan.take();
  }

  /** Finds known values only. */
  knownSpans(bytes: Uint8Array): readonly Span[] {
    return this.scan(bytes).filter((span) => span.pattern !== USER_INFO);
  }

  maskOf(span: Span, bytes: Uint8Array): Mask | null {
    if (span.pattern !== USER_INFO) {
      return this.#infos[this.#values.pattern(span.pattern)?.value ?? -1] ?? null;
    }
    // Masking a text twice must not change it.
    if (this.placeholders.isIssued(new TextDecoder().decode(bytes))) return null;
    return { placeholder: this.placeholders.make("CREDENTIAL", bytes), class: "credential", by: "url-userinfo" };
  }

  /** Tells of a span what may be told. */
  finding(span: Span): Finding {
    const pattern = this.#values.pattern(span.pattern);
    const handle = this.#infos[pattern?.value ?? -1]?.handle ?? null;
    return { handle, encoding: pattern?.encoding ?? "raw", start: span.start, end: span.end };
  }
}
