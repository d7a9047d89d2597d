import {
  apply,
  bind,
  defineProperty,
  freeze,
  isArray,
  isInteger,
  keysOf,
  RealError,
  RealNumber,
  RealTypeError,
} from "./intrinsics.js";
import { bytesArgument, textArgument } from "./text.js";
import { jsonText } from "./json.js";

// What an import throws is thrown again as an Error that says what happened, with `payload.tag` to tell cases apart.
function hostError(cause) {
  const payload = typeof cause === "object" && cause !== null ? cause.payload : undefined;
  if (typeof payload !== "object" || payload === null || typeof payload.tag !== "string") return cause;
  const val = payload.val;
  const error = new RealError(val === undefined ? payload.tag : `${payload.tag}: ${val}`);
  defineProperty(error, "name", { value: "HostError", configurable: true, writable: true });
  error.payload = freeze({ __proto__: null, tag: payload.tag, val });
  return error;
}

function guarded(name, work) {
  const named = {
    [name](...given) {
      try {
        return apply(work, null, given);
      } catch (cause) {
        throw hostError(cause);
      }
    },
  }[name];
  // A bound function shows no source and has no prototype.
  return freeze(apply(bind, named, [null]));
}

/** Functions as a frozen object without prototype; what their imports throw becomes an Error. */
export function sealed(functions) {
  const object = { __proto__: null };
  for (const name of keysOf(functions)) object[name] = guarded(name, functions[name]);
  return freeze(object);
}

function headersArgument(value) {
  const pairs = [];
  if (value === undefined || value === null) return pairs;
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const pair = value[i];
      if (!isArray(pair) || pair.length !== 2) throw new RealTypeError("headers must be pairs of name and value");
      pairs[i] = [textArgument(pair[0], "a header name"), textArgument(pair[1], "a header value")];
    }
    return pairs;
  }
  if (typeof value !== "object") throw new RealTypeError("headers must be an object or pairs of name and value");
  for (const name of keysOf(value)) pairs[pairs.length] = [name, textArgument(value[name], `the header "${name}"`)];
  return pairs;
}

function placementArgument(value) {
  if (value === undefined || value === "bearer") return { tag: "bearer" };
  if (typeof value === "object" && value !== null) {
    if (value.tag === "bearer") return { tag: "bearer" };
    if (value.tag === "basic" || value.tag === "header") {
      return { tag: value.tag, val: textArgument(value.val, "the placement of a secret") };
    }
    if (typeof value.basic === "string") return { tag: "basic", val: value.basic };
    if (typeof value.header === "string") return { tag: "header", val: value.header };
  }
  throw new RealTypeError('placement must be "bearer", { basic: USER } or { header: NAME }');
}

function requestArgument(value) {
  if (typeof value === "string") return requestArgument({ url: value });
  if (typeof value !== "object" || value === null) throw new RealTypeError("a request must be an object");
  const { method = "GET", url, headers, body, secret } = value;
  return {
    method: textArgument(method, "method"),
    url: textArgument(url, "url"),
    headers: headersArgument(headers),
    body: body === undefined || body === null ? undefined : bytesArgument(body, "body"),
    secret: secret === undefined || secret === null
      ? undefined
      : { handle: textArgument(secret.handle, "handle"), placement: placementArgument(secret.placement) },
  };
}

const LEVELS = { __proto__: null, debug: true, info: true, warn: true, error: true };

// Interfaces that the world lacks are there all the same and say so; what the tool did not declare is denied outside.
function absent(name) {
  return () => {
    throw { payload: { tag: "denied", val: `the interface "${name}" is not declared` } };
  };
}

/** Makes `host`, the mirror of the WIT in camel case. */
export function createHost(raw) {
  function of(name, func) {
    return raw[name] === undefined ? absent(name) : raw[name][func];
  }
  const readFile = of("filesystem", "readFile");
  const writeFile = of("filesystem", "writeFile");
  const appendFile = of("filesystem", "appendFile");
  const listDir = of("filesystem", "listDir");
  const createDir = of("filesystem", "createDir");
  const fileExists = of("filesystem", "fileExists");
  const log = of("logging", "log");
  const now = of("clock", "now");
  const bytes = of("random", "bytes");
  const getSecret = of("secrets", "getSecret");
  const fetch = of("http", "fetch");
  const call = of("tools", "call");
  const registerTool = of("tools", "registerTool");
  return freeze({
    __proto__: null,
    filesystem: sealed({
      readFile: (path) => readFile(textArgument(path, "path")),
      writeFile: (path, data) => writeFile(textArgument(path, "path"), bytesArgument(data, "data")),
      appendFile: (path, data) => appendFile(textArgument(path, "path"), bytesArgument(data, "data")),
      listDir: (path) => {
        const found = listDir(textArgument(path, "path"));
        const entries = [];
        for (let i = 0; i < found.length; i++) {
          entries[i] = { name: found[i].name, kind: found[i].kind, size: RealNumber(found[i].size) };
        }
        return entries;
      },
      createDir: (path) => createDir(textArgument(path, "path")),
      fileExists: (path) => fileExists(textArgument(path, "path")),
    }),
    logging: sealed({
      log: (level, message) => {
        if (LEVELS[level] !== true) throw new RealTypeError("level must be debug, info, warn or error");
        return log(level, textArgument(message, "message"));
      },
    }),
    clock: sealed({ now: () => RealNumber(now()) }),
    random: sealed({
      bytes: (length) => {
        if (!isInteger(length) || length < 0 || length > 65_536) {
          throw new RealTypeError("length must be an integer from 0 to 65536");
        }
        return bytes(length);
      },
    }),
    secrets: sealed({ getSecret: (handle) => getSecret(textArgument(handle, "handle")) }),
    http: sealed({ fetch: (request) => fetch(requestArgument(request)) }),
    tools: sealed({
      call: (name, args) => call(textArgument(name, "name"), typeof args === "string" ? args : jsonText(args)),
      registerTool: (definition) => registerTool(typeof definition === "string" ? definition : jsonText(definition)),
    }),
  });
}
