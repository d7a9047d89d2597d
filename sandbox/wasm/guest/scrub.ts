/** What a program took out of its global object before the glue is evaluated. */
export interface Scrubbed {
  /** Sets the longest text, in bytes, that may leave a guest; `tooLong` is told of one that is longer. */
  bound(maxBytes: number, tooLong: (bytes: number) => void): void;
}

/**
 * What stays: the language, WebAssembly, text encoding and what the glue looks at. Everything a runtime adds goes:
 * files, network, processes, workers, timers. The guest cannot reach any of it; glue that is
 * not what it seems could.
 */
const KEPT: ReadonlySet<string> = new Set(
  `globalThis Infinity NaN undefined isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent encodeURI
  encodeURIComponent Object Function Boolean Symbol Number BigInt Math Date String RegExp Array Map Set WeakMap WeakSet
  WeakRef FinalizationRegistry Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError
  SuppressedError DisposableStack AsyncDisposableStack ArrayBuffer SharedArrayBuffer DataView Atomics Int8Array
  Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array
  Float32Array Float64Array JSON Promise Reflect Proxy Iterator WebAssembly TextEncoder TextDecoder queueMicrotask`
    .split(/\s+/),
);

/** What Deno itself looks up in the global object while a thread runs. */
const KEPT_ON_DENO: ReadonlySet<string> = new Set(["Event", "MessageEvent", "ErrorEvent", "PromiseRejectionEvent"]);

/**
 * Takes away what a runtime adds to the language. What the program itself needs it must hold already.
 *
 * @param scope The global object.
 * @returns Sets the bound of texts.
 */
export function scrub(scope: object): Scrubbed {
  let longest = 0;
  let tell: ((bytes: number) => void) | null = null;
  const Decoder = globalThis.TextDecoder;
  class StrictDecoder extends Decoder {
    constructor(label = "utf-8") {
      // Threat: a text that is not UTF-8 and reads differently for two readers. It ends the guest, as the canonical
      // ABI wants; and a byte order mark is part of the text.
      super(label, { fatal: true, ignoreBOM: true });
    }
    override decode(input?: Uint8Array, options?: { readonly stream?: boolean }): string {
      const bytes = input?.byteLength ?? 0;
      if (bytes > longest) {
        tell?.(bytes);
        throw new RangeError(`a text of ${bytes} bytes`);
      }
      try {
        return super.decode(input, options);
      } catch (cause) {
        throw new TypeError("a text is not valid UTF-8", { cause });
      }
    }
  }
  const onDeno = "Deno" in scope;
  for (const name of Reflect.ownKeys(scope)) {
    const kept = typeof name !== "string" || KEPT.has(name) || (onDeno && KEPT_ON_DENO.has(name));
    if (!kept) remove(scope, name);
  }
  put(scope, "TextDecoder", StrictDecoder);
  // The glue asks whether it shall print what it does.
  put(scope, "process", Object.freeze({ env: Object.freeze({}) }));
  const silent = Object.fromEntries(["log", "error", "warn", "info", "debug", "trace"].map((name) => [name, () => {}]));
  put(scope, "console", Object.freeze(silent));
  return {
    bound(maxBytes, tooLong) {
      longest = maxBytes;
      tell = tooLong;
    },
  };
}

function put(scope: object, name: string, value: unknown): void {
  Reflect.defineProperty(scope, name, { value, writable: false, configurable: true, enumerable: false });
}

function remove(scope: object, name: string): void {
  if (Reflect.deleteProperty(scope, name)) return;
  Reflect.defineProperty(scope, name, { value: undefined });
}
