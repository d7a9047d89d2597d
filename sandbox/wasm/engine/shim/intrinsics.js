// The guest side of the script engine. Runs inside QuickJS, never in Node or Deno: `build.ts` writes an entry module with
// the imports of a world in front of it and makes a component of both. The tool's source is text, evaluated once.
//
// Threat: the source is hostile and shares this realm. Nothing here keeps it from anything but itself: every effect is an
// import, decided outside. What is captured and frozen here keeps results and messages honest, and keeps what runs equal
// to what a person was shown: there is no `eval`, no `Function`, no text that becomes code later.

export const { apply, construct, getPrototypeOf, defineProperty, deleteProperty } = Reflect;
export const { freeze, keys: keysOf, prototype: objectPrototype } = Object;
export const { isArray, prototype: arrayPrototype } = Array;
export const { stringify, parse } = JSON;
export const { isFinite, isInteger } = Number;
export const { fromCharCode } = String;
export const RealDate = Date;
export const RealFunction = Function;
export const RealError = Error;
export const RealTypeError = TypeError;
export const RealString = String;
export const RealNumber = Number;
export const Bytes = Uint8Array;
export const bytesTag = Object.getOwnPropertyDescriptor(getPrototypeOf(Bytes.prototype), Symbol.toStringTag).get;
export const join = arrayPrototype.join;
export const bind = RealFunction.prototype.bind;
export const charCodeAt = RealString.prototype.charCodeAt;
export const sourceOf = RealFunction.prototype.toString;
export const includes = RealString.prototype.includes;
export const subarray = Bytes.prototype.subarray;
export const decodeEscapes = decodeURIComponent;
export const escapeText = escape;
export const exec = RegExp.prototype.exec;

// Prototypes of plain functions, then of those that are asynchronous or generators.
export const KINDS = [
  getPrototypeOf(function () {}),
  getPrototypeOf(async function () {}),
  getPrototypeOf(function* () {}),
  getPrototypeOf(async function* () {}),
];
