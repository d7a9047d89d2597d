import { concatBytes } from "./concat-bytes.ts";
import { AgentZeroError, CoreError } from "./errors.ts";
import { maskHits, newDetections } from "./mask-detected.ts";
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
import { HoldingMaskStream } from "./scanner/mask-stream.ts";
import { Tally } from "./scanner/tally.ts";
import { textRanges } from "./scanner/text-offsets.ts";
import { ValueTable } from "./scanner/value-table.ts";
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
  return new SessionRedactor(new ValueTable(options.random));
}

class SessionRedactor implements Redactor {
  readonly #table: ValueTable;

  constructor(table: ValueTable) {
    this.#table = table;
  }

  add(value: KnownValue): void {
    guarded(() => this.#table.add(value));
  }

  mask(text: string): MaskedText {
    if (this.#table.isEmpty && !mayHoldUserInfo(text)) return { text, redactions: [] };
    return guarded(() => {
      const bytes = new TextEncoder().encode(text);
      const spans = this.#table.scan(bytes);
      if (spans.length === 0) return { text, redactions: [] };
      const ranges = textRanges(text, spans);
      const tally = new Tally();
      let masked = "";
      let at = 0;
      for (const [index, span] of spans.entries()) {
        const mask = this.#table.maskOf(span, bytes.subarray(span.start, span.end));
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
      for (const span of this.#table.scan(bytes)) {
        const mask = this.#table.maskOf(span, bytes.subarray(span.start, span.end));
        if (mask === null) continue;
        parts.push(bytes.subarray(at, span.start), new TextEncoder().encode(mask.placeholder));
        tally.add(mask);
        at = span.end;
      }
      const masked = at === 0 ? bytes : concatBytes([...parts, bytes.subarray(at)]);
      return { bytes: masked, redactions: tally.list() };
    });
  }

  stream(): MaskStream {
    const stream = guarded(() => new HoldingMaskStream(this.#table));
    return {
      push: (chunk: Uint8Array) => guarded(() => stream.push(chunk)),
      end: () => guarded(() => stream.end()),
      get redactions() {
        return stream.redactions;
      },
    };
  }

  find(text: string): readonly Finding[] {
    if (this.#table.isEmpty) return [];
    return guarded(() => {
      const spans = this.#table.knownSpans(new TextEncoder().encode(text));
      const ranges = textRanges(text, spans);
      return spans.map((span, index) => ({ ...this.#table.finding(span), ...ranges[index] }));
    });
  }

  findBytes(bytes: Uint8Array): readonly Finding[] {
    if (this.#table.isEmpty) return [];
    return guarded(() => this.#table.knownSpans(bytes).map((span) => this.#table.finding(span)));
  }

  hasPlaceholder(text: string): boolean {
    return this.#table.placeholders.hasIssued(text);
  }

  async maskDetected(text: string, classes: readonly Classification[]): Promise<MaskedText> {
    const exact = this.mask(text);
    const hits = await this.detect(exact.text);
    const found = guarded(() => maskHits(exact.text, hits, { classes, placeholders: this.#table.placeholders }));
    return { text: found.text, redactions: [...exact.redactions, ...found.redactions] };
  }

  async detect(text: string): Promise<readonly Detection[]> {
    try {
      const { detectText } = await import("./detectors.ts");
      return newDetections(text, await detectText(text), this.find(text));
    } catch (cause) {
      throw failed(cause);
    }
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
