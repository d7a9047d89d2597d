import { blake2b, toHex } from "./digest.ts";
import { AgentZeroError, CoreError } from "./errors.ts";
import { detectText } from "./detectors.ts";
import { maskHits, newDetections } from "./mask-detected.ts";
import { createPlaceholders, type Placeholders } from "./placeholders.ts";
import type {
  Detection,
  Finding,
  KnownValue,
  MaskedBytes,
  MaskedText,
  MaskStream,
  Redactor,
  RedactorOptions,
} from "./redactor.ts";
import { KnownValues } from "./scanner/known-values.ts";
import { HoldingMaskStream, type Mask, type MaskSource } from "./scanner/mask-stream.ts";
import { Scan } from "./scanner/scan.ts";
import { type Span, USER_INFO } from "./scanner/spans.ts";
import { Tally } from "./scanner/tally.ts";
import { textRanges } from "./scanner/text-offsets.ts";
import { ByteWindow } from "./scanner/window.ts";
import { checkSecretValue } from "./secret-value.ts";
import type { Classification } from "./words.ts";

/**
 * Creates the redactor of a session. Without values it costs microseconds and loads nothing.
 *
 * @example
 * ```ts
 * const redactor = createRedactor({ random });
 * redactor.add({ bytes, handle: "handle://vault/github/token", class: "secret" });
 * redactor.mask("token: …").text; // "token: [SECRET_K7Q2ABCD]"
 * ```
 * @param options What it needs.
 * @returns The redactor.
 */
export function createRedactor(options: RedactorOptions): Redactor {
  return new SessionRedactor(options);
}

interface ValueInfo extends Mask {
  handle: string | null;
}

class SessionRedactor implements Redactor, MaskSource {
  readonly #values = new KnownValues();
  readonly #infos: ValueInfo[] = [];
  readonly #known = new Map<string, ValueInfo>();
  readonly #placeholders: Placeholders;
  readonly #idKey: Uint8Array;

  constructor(options: RedactorOptions) {
    this.#placeholders = createPlaceholders(options.random);
    this.#idKey = options.random.bytes(32);
  }

  get generation(): number {
    return this.#values.generation;
  }

  automaton(): ReturnType<KnownValues["automaton"]> {
    return guarded(() => this.#values.automaton());
  }

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
    const placeholder = this.#placeholders.make(kind, value.bytes);
    guarded(() => this.#values.add(value.bytes));
    const info = { placeholder, class: value.class, by: "exact", handle: value.handle };
    this.#infos.push(info);
    this.#known.set(id, info);
  }

  mask(text: string): MaskedText {
    if (this.#infos.length === 0 && !mayHoldUserInfo(text)) return { text, redactions: [] };
    return guarded(() => {
      const bytes = new TextEncoder().encode(text);
      const spans = this.#scan(bytes);
      if (spans.length === 0) return { text, redactions: [] };
      const ranges = textRanges(text, spans);
      const tally = new Tally();
      let masked = "";
      let at = 0;
      for (const [index, span] of spans.entries()) {
        const mask = this.maskOf(span, bytes.subarray(span.start, span.end));
        const range = ranges[index];
        if (mask === null || range === undefined) continue;
        masked += text.slice(at, range.start) + mask.placeholder;
        tally.add(mask);
        at = range.end;
      }
      return { text: masked + text.slice(at), redactions: tally.list() };
    });
  }

  maskBytes(bytes: Uint8Array): MaskedBytes {
    return guarded(() => {
      const tally = new Tally();
      const parts: Uint8Array[] = [];
      let at = 0;
      for (const span of this.#scan(bytes)) {
        const mask = this.maskOf(span, bytes.subarray(span.start, span.end));
        if (mask === null) continue;
        parts.push(bytes.subarray(at, span.start), new TextEncoder().encode(mask.placeholder));
        tally.add(mask);
        at = span.end;
      }
      if (at === 0) return { bytes, redactions: tally.list() };
      return { bytes: Buffer.concat([...parts, bytes.subarray(at)]), redactions: tally.list() };
    });
  }

  stream(): MaskStream {
    const stream = new HoldingMaskStream(this);
    return {
      push: (chunk: Uint8Array) => guarded(() => stream.push(chunk)),
      end: () => guarded(() => stream.end()),
      get redactions() {
        return stream.redactions;
      },
    };
  }

  find(text: string): readonly Finding[] {
    if (this.#infos.length === 0) return [];
    return guarded(() => {
      const spans = this.#knownSpans(new TextEncoder().encode(text));
      const ranges = textRanges(text, spans);
      return spans.map((span, index) => ({ ...this.#finding(span), ...ranges[index] }));
    });
  }

  findBytes(bytes: Uint8Array): readonly Finding[] {
    if (this.#infos.length === 0) return [];
    return guarded(() => this.#knownSpans(bytes).map((span) => this.#finding(span)));
  }

  hasPlaceholder(text: string): boolean {
    return this.#placeholders.hasIssued(text);
  }

  async maskDetected(text: string, classes: readonly Classification[]): Promise<MaskedText> {
    const exact = this.mask(text);
    const hits = await this.detect(exact.text);
    const found = maskHits(exact.text, hits, { classes, placeholders: this.#placeholders });
    return { text: found.text, redactions: [...exact.redactions, ...found.redactions] };
  }

  async detect(text: string): Promise<readonly Detection[]> {
    try {
      return newDetections(text, await detectText(text), this.find(text));
    } catch (cause) {
      throw failed(cause);
    }
  }

  maskOf(span: Span, bytes: Uint8Array): Mask | null {
    if (span.pattern !== USER_INFO) {
      return this.#infos[this.#values.pattern(span.pattern)?.value ?? -1] ?? null;
    }
    const userInfo = new TextDecoder().decode(bytes);
    // Masking a text twice must not change it.
    if (this.#placeholders.isIssued(userInfo)) return null;
    return { placeholder: this.#placeholders.make("CREDENTIAL", bytes), class: "credential", by: "url-userinfo" };
  }

  #knownSpans(bytes: Uint8Array): readonly Span[] {
    return this.#scan(bytes).filter((span) => span.pattern !== USER_INFO);
  }

  #finding(span: Span): Finding {
    const pattern = this.#values.pattern(span.pattern);
    const handle = this.#infos[pattern?.value ?? -1]?.handle ?? null;
    return { handle, encoding: pattern?.encoding ?? "raw", start: span.start, end: span.end };
  }

  #scan(bytes: Uint8Array): readonly Span[] {
    const scan = new Scan(this.#values.automaton());
    scan.run(new ByteWindow(bytes), true);
    return scan.take();
  }
}

// `://` or `:\/\/`, and an `@`: without them nothing is looked at twice.
function mayHoldUserInfo(text: string): boolean {
  return text.includes("@") && text.includes(":");
}

// Threat: a scan that fails must not let the text through.
function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw failed(cause);
  }
}

function failed(cause: unknown): Error {
  if (cause instanceof AgentZeroError && cause.code !== "SODIUM_NOT_READY") return cause;
  return new CoreError("REDACTION_FAILED", "Cannot mask secrets: the scan failed, so the text is withheld", {
    hint: "this is a defect or a lack of memory; run with AGENTZERO_DEBUG=1 and report it",
    cause,
  });
}
