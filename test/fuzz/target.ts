import { AgentZeroError } from "../../core/mod.ts";

/** One reader of foreign bytes, and what must hold for whatever it is given. */
export interface FuzzTarget {
  /** Valid inputs that mutation starts from. */
  readonly samples: readonly Uint8Array[];
  /** Words of the format that mutation puts into other places. */
  readonly words: readonly string[];
  /**
   * Reads one input.
   *
   * @returns The outcome in a word, e.g. an error code: inputs with a new one are kept to start from.
   * @throws Anything at all: that is a finding.
   */
  check(input: Uint8Array): string | Promise<string>;
  /** Tells it that the run is over. */
  close?(): void;
}

/** A file of `targets/`. */
export interface FuzzModule {
  readonly open: () => FuzzTarget | Promise<FuzzTarget>;
}

/** The reader said no with an error of its own family, in the form that errors have; anything else is thrown again. */
export function refusal(cause: unknown, ...families: readonly string[]): string {
  if (!(cause instanceof AgentZeroError) || !families.includes(cause.name)) throw cause;
  const length = cause.message.length + (cause.hint ?? "").length;
  if (length > 4_000) throw new Error(`an error of ${length} characters`);
  // Two places in one reader are two outcomes; what was quoted or counted is not.
  return `${cause.code} ${cause.message.replaceAll(/".*"|\d+/gs, "_").slice(0, 80)}`;
}

/** What must hold does not. */
export function violated(what: string): Error {
  return new Error(`violated: ${what}`);
}

/** Bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Text of bytes, as a reader sees it that takes anything. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** `true` when both are the same bytes. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
