import {
  apply,
  Bytes,
  construct,
  defineProperty,
  deleteProperty,
  freeze,
  join,
  KINDS,
  RealDate,
  RealError,
  RealFunction,
  RealString,
  RealTypeError,
} from "./intrinsics.js";
import { decodeUtf8, encodeUtf8, isBytes } from "./text.js";
import { jsonText } from "./json.js";
import { sealed } from "./host.js";

function setGlobal(name, value) {
  defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

function blocked() {
  throw new RealTypeError("code is fixed when a tool is registered: there is no eval and no Function");
}

function blockCode() {
  // `instanceof Function` goes on to hold.
  blocked.prototype = RealFunction.prototype;
  const constructor = freeze(blocked);
  for (let i = 0; i < KINDS.length; i++) {
    defineProperty(KINDS[i], "constructor", { value: constructor, writable: false, configurable: false });
  }
  setGlobal("Function", constructor);
  deleteProperty(globalThis, "eval");
}

function installDate(now) {
  function AzDate(...given) {
    if (new.target === undefined) return RealString(new AzDate());
    return construct(RealDate, given.length === 0 ? [now()] : given, new.target);
  }
  defineProperty(AzDate, "prototype", { value: RealDate.prototype, writable: false });
  defineProperty(AzDate, "name", { value: "Date" });
  defineProperty(AzDate, "length", { value: 7 });
  const { parse: parseDate, UTC } = RealDate;
  for (const [name, value] of [["now", () => now()], ["parse", parseDate], ["UTC", UTC]]) {
    defineProperty(AzDate, name, { value, writable: true, configurable: true });
  }
  defineProperty(RealDate.prototype, "constructor", { value: AzDate, writable: true, configurable: true });
  setGlobal("Date", AzDate);
}

function installRandom(bytes) {
  let pool = new Bytes(0);
  let at = 0;
  defineProperty(Math, "random", {
    value: () => {
      if (at + 7 > pool.length) {
        pool = bytes(224);
        at = 0;
      }
      // 53 bits, as a double holds them.
      let high = (pool[at] & 0x1f) * 0x10000 + pool[at + 1] * 0x100 + pool[at + 2];
      high = high * 0x100000000 + pool[at + 3] * 0x1000000 + pool[at + 4] * 0x10000 + pool[at + 5] * 0x100 +
        pool[at + 6];
      at += 7;
      return high / 0x20000000000000;
    },
    writable: true,
    configurable: true,
  });
}

function installTexts() {
  class TextEncoder {
    get encoding() {
      return "utf-8";
    }
    encode(text = "") {
      return encodeUtf8(RealString(text));
    }
  }
  class TextDecoder {
    #fatal;
    #keepBom;
    constructor(encoding = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      if (encoding !== "utf-8" && encoding !== "utf8" && encoding !== "UTF-8") {
        throw new RangeError(`the encoding "${encoding}" is not known here; only utf-8 is`);
      }
      this.#fatal = fatal === true;
      this.#keepBom = ignoreBOM === true;
    }
    get encoding() {
      return "utf-8";
    }
    decode(bytes = new Bytes(0)) {
      const view = isBytes(bytes) ? bytes : new Bytes(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength);
      return decodeUtf8(view, this.#fatal, this.#keepBom);
    }
  }
  setGlobal("TextEncoder", TextEncoder);
  setGlobal("TextDecoder", TextDecoder);
}

function shown(value) {
  if (typeof value === "string") return value;
  try {
    return typeof value === "object" && value !== null && !(value instanceof RealError) ? jsonText(value) : `${value}`;
  } catch {
    return typeof value;
  }
}

function installConsole(log) {
  function print(level) {
    return (...values) => {
      const words = [];
      for (let i = 0; i < values.length; i++) words[i] = shown(values[i]);
      log(level, apply(join, words, [" "]));
    };
  }
  setGlobal(
    "console",
    sealed({
      debug: print("debug"),
      log: print("info"),
      info: print("info"),
      warn: print("warn"),
      error: print("error"),
    }),
  );
}

// Names of the builder and of the engine that would trap, tell runs apart, or promise what nobody keeps (jobs never run).
const GONE = ["performance", "queueMicrotask", "SharedArrayBuffer", "WeakRef", "FinalizationRegistry", "wit", "__cqjs"];

/** Makes the globals of a tool; whatever the source does, it does it after this. */
export function prepareRealm(host) {
  for (let i = 0; i < GONE.length; i++) deleteProperty(globalThis, GONE[i]);
  blockCode();
  installDate(host.clock.now);
  installRandom(host.random.bytes);
  installTexts();
  installConsole(host.logging.log);
}
