import { type HostCall, type HostReply, shape } from "../../core/mod.ts";

/** Where the value of a secret goes in a request. */
export type HostPlacement =
  | { readonly tag: "bearer" }
  /** Carries the user name. */
  | { readonly tag: "basic"; readonly val: string }
  /** Carries the name of the header. */
  | { readonly tag: "header"; readonly val: string };

/** A request that a guest wants sent. */
export interface HostHttpRequest {
  /** As the guest spells it. */
  readonly method: string;
  /** As the guest spells it. */
  readonly url: string;
  /** Names and values. */
  readonly headers: readonly (readonly [string, string])[];
  /** The body, or nothing. */
  readonly body?: Uint8Array | undefined;
  /** A handle and where its value goes; added outside the guest. */
  readonly secret?: { readonly handle: string; readonly placement: HostPlacement } | undefined;
}

/** What a guest gets for a request. */
export interface HostHttpResponse {
  /** e.g. 200. */
  readonly status: number;
  /** Names and values. */
  readonly headers: readonly (readonly [string, string])[];
  /** The whole body. */
  readonly body: Uint8Array;
}

/** One entry of `list-dir`. */
export interface HostEntry {
  /** Its name in the folder. */
  readonly name: string;
  /** What it is. */
  readonly kind: "file" | "directory" | "symlink" | "other";
  /** Bytes. */
  readonly size: number | bigint;
}

/** A host call with typed arguments. Every text and byte is the guest's. */
export type HostRequest =
  | { readonly kind: "read-file" | "list-dir" | "create-dir" | "file-exists"; readonly path: string }
  | { readonly kind: "write-file" | "append-file"; readonly path: string; readonly data: Uint8Array }
  | { readonly kind: "fetch"; readonly request: HostHttpRequest }
  | { readonly kind: "get-secret"; readonly handle: string }
  | { readonly kind: "call"; readonly name: string; readonly args: string }
  | { readonly kind: "register-tool"; readonly definition: string };

/** What each function of `az:host` gives when it does not fail. */
export interface HostValues {
  /** The whole content. */
  readonly "read-file": Uint8Array;
  /** Nothing. */
  readonly "write-file": undefined;
  /** Nothing. */
  readonly "append-file": undefined;
  /** Entries of the folder. */
  readonly "list-dir": readonly HostEntry[];
  /** Nothing. */
  readonly "create-dir": undefined;
  /** Whether something stands there. */
  readonly "file-exists": boolean;
  /** The answer. */
  readonly "fetch": HostHttpResponse;
  /** The value. */
  readonly "get-secret": string;
  /** JSON that the tool gave. */
  readonly "call": string;
  /** JSON about the new tool. */
  readonly "register-tool": string;
}

interface HostFunction {
  /** The interface it belongs to. */
  readonly iface: string;
  readonly args: readonly shape.Shape<unknown>[];
  readonly value: shape.Shape<unknown>;
  /** Makes the request of arguments that fit. */
  request(args: readonly unknown[]): HostRequest | null;
}

const bytes = shape.guarded((value): value is Uint8Array => value instanceof Uint8Array, "bytes");
const nothing = shape.guarded((value): value is undefined => value === undefined, "nothing");
const size = shape.guarded(
  (value): value is number | bigint =>
    typeof value === "bigint" ? value >= 0n && value < 1n << 64n : Number.isSafeInteger(value) && Number(value) >= 0,
  "a size",
);
const header = shape.guarded(
  (value): value is readonly [string, string] =>
    Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string"),
  "a name and a value",
);
const headers = shape.list(header, { max: 4096 });
const text = shape.object({ tag: shape.oneOf("basic", "header"), val: shape.string() });
const bearer = shape.object({ tag: shape.oneOf("bearer"), val: shape.optional(nothing) });
const placement = shape.union<shape.Output<typeof text> | shape.Output<typeof bearer>>("tag", {
  bearer,
  basic: text,
  header: text,
});
const request = shape.object({
  method: shape.string(),
  url: shape.string(),
  headers,
  body: shape.optional(bytes),
  secret: shape.optional(shape.object({ handle: shape.string(), placement })),
});
const response = shape.object({ status: shape.integer({ min: 0, max: 65_535 }), headers, body: bytes });
const entry = shape.object({
  name: shape.string(),
  kind: shape.oneOf("file", "directory", "symlink", "other"),
  size,
});

const FUNCTIONS: Readonly<Record<HostRequest["kind"], HostFunction>> = {
  "read-file": onPath("read-file", bytes),
  "list-dir": onPath("list-dir", shape.list(entry)),
  "create-dir": onPath("create-dir", nothing),
  "file-exists": onPath("file-exists", shape.flag()),
  "write-file": withData("write-file"),
  "append-file": withData("append-file"),
  "fetch": {
    iface: "http",
    args: [request],
    value: response,
    request([given]) {
      const decoded = request.safeParse(given);
      if (!decoded.success) return null;
      const { method, url, headers: list, body, secret } = decoded.data;
      const slot = secret === undefined
        ? undefined
        : { handle: secret.handle, placement: placementOf(secret.placement) };
      return { kind: "fetch", request: { method, url, headers: list, body, secret: slot } };
    },
  },
  "get-secret": onText("secrets", (handle) => ({ kind: "get-secret", handle })),
  "call": {
    iface: "tools",
    args: [shape.string(), shape.string()],
    value: shape.string(),
    request: ([name, args]) =>
      typeof name === "string" && typeof args === "string" ? { kind: "call", name, args } : null,
  },
  "register-tool": onText("tools", (definition) => ({ kind: "register-tool", definition })),
};

/**
 * Decodes a host call into a request with typed arguments.
 *
 * Threat: a guest, or the program it runs in, that was taken over and sends what the interface does not allow.
 *
 * @example
 * ```ts
 * decodeHostCall({ seq: 1, iface: "filesystem", func: "read-file", args: ["a.txt"] }); // { kind: "read-file", path: "a.txt" }
 * ```
 * @param call A call as it came from the guest.
 * @returns The request, or `null` when no such function exists or its arguments do not fit.
 */
export function decodeHostCall(call: HostCall): HostRequest | null {
  const known = functionOf(call.func);
  if (known === null || known.iface !== call.iface || call.args.length !== known.args.length) return null;
  if (!known.args.every((wanted, at) => wanted.safeParse(call.args[at]).success)) return null;
  return known.request(call.args);
}

/**
 * Makes the reply for a request that succeeded.
 *
 * @param kind Which function.
 * @param value Its value.
 * @returns The reply.
 */
export function hostOk<Kind extends HostRequest["kind"]>(kind: Kind, value: HostValues[Kind]): HostReply {
  void kind;
  return { ok: true, value };
}

/**
 * Makes a reply fit the interface: what would not is `failed`, so that a fault of the host is never a trap of the guest.
 *
 * @param func Name of the function.
 * @param reply What the host answers.
 * @returns The same reply, or `failed`.
 */
export function fitHostReply(func: string, reply: HostReply): HostReply {
  if (reply.ok) {
    const fits = functionOf(func)?.value.safeParse(reply.value).success === true;
    return fits ? reply : { ok: false, error: { tag: "failed", val: "the host gave something else" } };
  }
  const { tag, val } = reply.error;
  if (tag === "cancelled") return { ok: false, error: { tag } };
  if (tag === "too-large") return { ok: false, error: { tag, val: size.safeParse(val).success ? val : 0 } };
  const known = ["denied", "not-found", "exists", "invalid", "exhausted", "failed"].includes(tag);
  return { ok: false, error: { tag: known ? tag : "failed", val: typeof val === "string" ? val : tag } };
}

function functionOf(name: string): HostFunction | null {
  return new Map<string, HostFunction>(Object.entries(FUNCTIONS)).get(name) ?? null;
}

function onPath(
  kind: "read-file" | "list-dir" | "create-dir" | "file-exists",
  value: shape.Shape<unknown>,
): HostFunction {
  return {
    iface: "filesystem",
    args: [shape.string()],
    value,
    request: ([path]) => typeof path === "string" ? { kind, path } : null,
  };
}

function withData(kind: "write-file" | "append-file"): HostFunction {
  return {
    iface: "filesystem",
    args: [shape.string(), bytes],
    value: nothing,
    request: ([path, data]) => typeof path === "string" && data instanceof Uint8Array ? { kind, path, data } : null,
  };
}

function onText(iface: string, make: (given: string) => HostRequest): HostFunction {
  return {
    iface,
    args: [shape.string()],
    value: shape.string(),
    request: ([given]) => typeof given === "string" ? make(given) : null,
  };
}

function placementOf({ tag, val }: { readonly tag: string; readonly val?: string | undefined }): HostPlacement {
  if (tag === "bearer" || val === undefined) return { tag: "bearer" };
  return tag === "basic" ? { tag, val } : { tag: "header", val };
}
