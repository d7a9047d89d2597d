import {
  apply,
  exec,
  getPrototypeOf,
  isArray,
  isFinite,
  join,
  keysOf,
  objectPrototype,
  RealError,
  RealNumber,
  RealString,
  stringify,
} from "./intrinsics.js";
import { isBytes } from "./text.js";

/** What a tool gave is wrong in a way that the host knows by name; the text starts with the code. */
export class Fault {
  constructor(text) {
    this.text = text;
  }
}

// "(function anonymous(host", ") {", "\"use strict\";": three lines of ours stand before the first line of the source.
const LINES_BEFORE = 3;
const MAX_DEPTH = 100;

function invalid(at, what) {
  let path = "$";
  for (let i = 0; i < at.depth; i++) {
    const step = at.path[i];
    path += typeof step === "number" ? `[${step}]` : `.${step}`;
  }
  return new Fault(`the result is not JSON: ${what} at ${path}`);
}

/** JSON of a value. `JSON.stringify` leaves out what JSON has no form for; a result says exactly what was meant. */
export function jsonText(value) {
  const at = { out: [], path: [], depth: 0 };
  writeJson(value, at);
  return apply(join, at.out, [""]);
}

function writeJson(given, at) {
  const { out } = at;
  let value = given;
  if (typeof value === "object" && value !== null && typeof value.toJSON === "function") value = value.toJSON();
  if (typeof value === "string") out[out.length] = stringify(value);
  else if (typeof value === "number") {
    if (!isFinite(value)) throw invalid(at, RealString(value));
    out[out.length] = RealString(value);
  } else if (value === null || value === true || value === false) out[out.length] = RealString(value);
  else if (typeof value !== "object") throw invalid(at, value === undefined ? "undefined" : `a ${typeof value}`);
  else if (at.depth >= MAX_DEPTH) throw new Fault(`the result is not JSON: it has more than ${MAX_DEPTH} levels`);
  else if (isArray(value)) writeArray(value, at);
  else writeObject(value, at);
}

function writeArray(value, at) {
  const { out, path } = at;
  const depth = at.depth++;
  out[out.length] = "[";
  for (let i = 0; i < value.length; i++) {
    if (i > 0) out[out.length] = ",";
    path[depth] = i;
    writeJson(value[i], at);
  }
  out[out.length] = "]";
  at.depth--;
}

function writeObject(value, at) {
  const { out, path } = at;
  const prototype = getPrototypeOf(value);
  if (prototype !== objectPrototype && prototype !== null) {
    const name = typeof value.constructor === "function" ? value.constructor.name : "object";
    // Instances of the tool's own classes are plain data; these would become `{}` or a list of numbered fields.
    if (name === "Map" || name === "Set" || isBytes(value) || value instanceof RealError) {
      throw invalid(at, `${name}, which has no JSON form (make an object, array or string of it),`);
    }
  }
  const depth = at.depth++;
  const names = keysOf(value);
  let first = true;
  out[out.length] = "{";
  for (let i = 0; i < names.length; i++) {
    const member = value[names[i]];
    if (member === undefined) continue;
    path[depth] = names[i];
    out[out.length] = first ? `${stringify(names[i])}:` : `,${stringify(names[i])}:`;
    first = false;
    writeJson(member, at);
  }
  out[out.length] = "}";
  at.depth--;
}

function lineOf(error) {
  const { stack } = error;
  if (typeof stack !== "string") return "";
  const found = apply(exec, /<input>:(\d+)/u, [stack]);
  if (found === null) return "";
  const line = RealNumber(found[1]) - LINES_BEFORE;
  return line > 0 ? `line ${line}: ` : "";
}

/** The text that the host gets; total, whatever was thrown. */
export function failureText(cause) {
  try {
    if (cause instanceof Fault) return cause.text;
    if (typeof cause === "string") return cause === "" ? "an empty text was thrown" : cause;
    if (!(cause instanceof RealError)) {
      return typeof cause === "object" && cause !== null
        ? `thrown: ${jsonText(cause)}`
        : `thrown: ${RealString(cause)}`;
    }
    const name = RealString(cause.name);
    const message = RealString(cause.message);
    if (name === "InternalError" && message === "out of memory") return "LIMIT_MEMORY: the tool used up its memory";
    return `${lineOf(cause)}${name}: ${message}`;
  } catch {
    return "what was thrown cannot be shown";
  }
}
