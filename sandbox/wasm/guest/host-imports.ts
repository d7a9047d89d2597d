import type { GuestChannel } from "./guest-program.ts";
import { type GuestLog } from "./guest-log.ts";
import { LOG_LEVELS, type StartMessage } from "./messages.ts";
import type { Halt, Meter } from "./meter.ts";
import { sizeOf } from "./size-of.ts";

/** An import object as the glue takes it: `{ "az:host/clock": { now } }`. */
export type GuestImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Time and random bytes of one call. */
export interface GuestSources {
  /** Milliseconds since 1970. */
  now(): number;
  bytes(count: number): Uint8Array;
}

/** What the host functions of one call work with. */
export interface HostImportOptions {
  readonly channel: GuestChannel;
  readonly start: StartMessage;
  readonly meter: Meter;
  readonly log: GuestLog;
  readonly sources: GuestSources;
}

/** The interfaces of `az:host`. */
export interface HostImports {
  readonly imports: GuestImports;
  /** Host calls so far. */
  calls(): number;
}

const MAX_RANDOM = 65_536;
/** Functions that go through the gate: name in the glue, name in the interface. */
const ASKED: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  filesystem: [
    ["readFile", "read-file"],
    ["writeFile", "write-file"],
    ["appendFile", "append-file"],
    ["listDir", "list-dir"],
    ["createDir", "create-dir"],
    ["fileExists", "file-exists"],
  ],
  http: [["fetch", "fetch"]],
  secrets: [["getSecret", "get-secret"]],
  tools: [["call", "call"], ["registerTool", "register-tool"]],
};

/**
 * Makes the interfaces of `az:host` for one call.
 *
 * @param options Channel to the host, limits, log, sources.
 * @returns Frozen objects without a prototype, and the count of calls.
 */
export function createHostImports(options: HostImportOptions): HostImports {
  const { start, log, sources, meter } = options;
  let seq = 0;
  let bytes = 0;
  function ask(iface: string, func: string, args: readonly unknown[]): unknown {
    // An interface of the engine that the tool did not ask for: nothing leaves the sandbox.
    if (!start.declared.includes(iface)) {
      throw failure("denied", `${iface} is not declared: this code may not call ${func}`);
    }
    if (seq >= start.limits.calls) {
      return trap(meter, {
        code: "LIMIT_CALLS",
        reason: `Cannot run component: it made more than ${start.limits.calls} host calls`,
        hint: "give it less to do, or raise limits.wasm_calls",
      });
    }
    bytes += sizeOf(args);
    if (bytes > start.limits.bytes) throw exhausted(start);
    const call = { kind: "call", run: start.run, seq: ++seq, iface, func, args: args.map(detach) } as const;
    const reply = options.channel.ask(call);
    meter.paused(reply.pausedMs);
    meter.check();
    bytes += sizeOf(reply.value);
    if (bytes > start.limits.bytes) throw exhausted(start);
    // Plain on purpose: what is an `Error` the glue takes for a fault of the host and ends the instance.
    if (!reply.ok) throw reply.value;
    return reply.value;
  }
  const imports: Record<string, Readonly<Record<string, unknown>>> = Object.create(null);
  for (const [iface, functions] of Object.entries(ASKED)) {
    imports[`az:host/${iface}`] = sealed(
      functions.map(([name, func]) => [name, (...args: readonly unknown[]) => ask(iface, func, args)]),
    );
  }
  imports["az:host/types"] = sealed([]);
  imports["az:host/clock"] = sealed([["now", () => BigInt(Math.floor(sources.now()))]]);
  imports["az:host/random"] = sealed([["bytes", (count: unknown) => {
    if (typeof count === "number" && count <= MAX_RANDOM) return sources.bytes(count);
    return trap(meter, {
      code: "WASM_TRAP",
      reason: `Cannot run component: it asked for more than ${MAX_RANDOM} random bytes at once`,
      hint: null,
    });
  }]]);
  imports["az:host/logging"] = sealed([["log", (level: unknown, message: unknown) => {
    log.add(LOG_LEVELS.find((known) => known === level) ?? "info", String(message));
  }]]);
  return { imports: Object.freeze(imports), calls: () => seq };
}

/**
 * Freezes functions into an object without a prototype.
 *
 * @param entries Names and values.
 * @returns The object.
 */
export function sealed(entries: readonly (readonly [string, unknown])[]): Readonly<Record<string, unknown>> {
  const object: Record<string, unknown> = Object.create(null);
  for (const [name, value] of entries) object[name] = Object.freeze(value);
  return Object.freeze(object);
}

/** Ends the instance: thrown as an `Error`, and no check lets the guest go on. */
function trap(meter: Meter, halt: Halt): never {
  meter.halt(halt);
  throw new Error(halt.reason);
}

function exhausted(start: StartMessage): unknown {
  return failure("exhausted", `bytes over the border: at most ${start.limits.bytes} (limits.wasm_bytes)`);
}

function failure(tag: string, val: string): unknown {
  return { tag, val };
}

// A view of the guest's memory must not leave: all of the memory would be copied with it.
function detach(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.byteLength === value.buffer.byteLength ? value : value.slice();
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, detach(member)]));
}
