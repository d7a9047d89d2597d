import { Buffer } from "node:buffer";
import type { GuestLog } from "./guest-log.ts";
import type { GuestPowers } from "./guest-program.ts";
import { type GuestImports, type GuestSources, sealed } from "./host-imports.ts";
import type { StartMessage } from "./messages.ts";
import type { Meter } from "./meter.ts";
import { createPoll } from "./wasi-poll.ts";

/** The modules of the WASI package that are used: classes of streams, exit, a file system without directories. */
export interface WasiClasses {
  readonly io: unknown;
  readonly cli: unknown;
  readonly filesystem: unknown;
}

/** What WASI works with in one call. */
export interface WasiOptions {
  readonly meter: Meter;
  readonly log: GuestLog;
  readonly sources: GuestSources;
  readonly start: StartMessage;
  readonly powers: GuestPowers;
}

const MAX_RANDOM = 65_536;
const NANOS = 1_000_000n;
/** Bytes that a stream takes at once. */
const CHUNK = 65_536n;

/**
 * Makes the interfaces of WASI that a component may have: clocks, random bytes, standard streams and what they need.
 * There are no variables, arguments, directories or sockets; time and random bytes follow the grant.
 *
 * @param classes The package's classes.
 * @param options Meter, log, sources.
 * @returns Frozen objects without a prototype.
 */
export function createWasi(classes: WasiClasses, { meter, log, sources, start, powers }: WasiOptions): GuestImports {
  const { mono, sleep } = powers;
  const begun = mono();
  // Without a grant time moves only while the guest waits for it.
  let waited = 0n;
  function nanos(): bigint {
    return start.clock ? BigInt(Math.floor((mono() - begun) * 1e6)) : waited;
  }
  function waitUntil(instant: bigint): void {
    while (instant > nanos() && meter.check() === null) {
      if (start.clock) sleep(Math.min(20, Number((instant - nanos()) / NANOS) + 1));
      else waited = instant;
    }
  }
  const poll = createPoll(nanos, waitUntil);
  const streams = streamsOf(classes, () => poll.ready());
  function random(count: unknown): Uint8Array {
    const wanted = Number(count);
    if (wanted > MAX_RANDOM) throw new RangeError(`it asked for more than ${MAX_RANDOM} random bytes at once`);
    return sources.bytes(wanted);
  }
  function random64(): bigint {
    return new DataView(sources.bytes(8).slice().buffer).getBigUint64(0, true);
  }
  const imports: Record<string, Readonly<Record<string, unknown>>> = Object.create(null);
  function add(name: string, functions: Readonly<Record<string, unknown>>): void {
    imports[`wasi:${name}`] = sealed(Object.entries(functions));
  }
  add("cli/environment", { getEnvironment: none, getArguments: none, initialCwd: nothing });
  add("cli/exit", memberOf(classes.cli, "exit"));
  add("cli/stdin", { getStdin: streams.input });
  add("cli/stdout", { getStdout: () => streams.output((text) => log.add("info", text)) });
  add("cli/stderr", { getStderr: () => streams.output((text) => log.add("error", text)) });
  add("cli/terminal-input", { TerminalInput: Terminal });
  add("cli/terminal-output", { TerminalOutput: Terminal });
  add("cli/terminal-stdin", { getTerminalStdin: nothing });
  add("cli/terminal-stdout", { getTerminalStdout: nothing });
  add("cli/terminal-stderr", { getTerminalStderr: nothing });
  add("io/error", memberOf(classes.io, "error"));
  add("io/streams", memberOf(classes.io, "streams"));
  add("io/poll", { Pollable: poll.Pollable, poll: (list: readonly unknown[]) => poll.poll(list) });
  add("clocks/wall-clock", {
    now() {
      const ms = Math.floor(sources.now()) + (start.clock ? 0 : Number(waited / NANOS));
      return { seconds: BigInt(Math.floor(ms / 1000)), nanoseconds: (ms % 1000) * 1e6 };
    },
    resolution: () => ({ seconds: 0n, nanoseconds: 1e6 }),
  });
  add("clocks/monotonic-clock", {
    now: nanos,
    resolution: () => NANOS,
    subscribeInstant: (instant: bigint) => poll.at(instant),
    subscribeDuration: (duration: bigint) => poll.at(nanos() + duration),
  });
  add("random/random", { getRandomBytes: random, getRandomU64: random64 });
  add("random/insecure", { getInsecureRandomBytes: random, getInsecureRandomU64: random64 });
  add("random/insecure-seed", { insecureSeed: () => [random64(), random64()] });
  add("filesystem/types", memberOf(classes.filesystem, "types"));
  add("filesystem/preopens", { getDirectories: none });
  return Object.freeze(imports);
}

// Classes of resources that no guest ever gets one of.
class Terminal {
  readonly kind = "terminal";
}

function nothing(): undefined {
  return undefined;
}

function none(): readonly never[] {
  return [];
}

interface Streams {
  readonly input: () => unknown;
  readonly output: (write: (text: string) => void) => unknown;
}

function streamsOf(classes: WasiClasses, ready: () => unknown): Streams {
  const createInput = functionOf(classes.io, "inputStreamCreate");
  const createOutput = functionOf(classes.io, "outputStreamCreate");
  return {
    input: () =>
      createInput({
        blockingRead() {
          // Plain, as the interface's own error: the end of the stream.
          throw Object.freeze({ tag: "closed" });
        },
        subscribe: ready,
      }),
    output(write) {
      // Bytes of a guest need not be text: what is not is replaced.
      const decoder = new LooseDecoder();
      return createOutput({
        checkWrite: () => CHUNK,
        write: (bytes: Uint8Array) => write(decoder.text(bytes)),
        subscribe: ready,
      });
    },
  };
}

class LooseDecoder {
  text(bytes: Uint8Array): string {
    return Buffer.from(bytes.subarray(0, Number(CHUNK))).toString("utf8").replace(/\n$/, "");
  }
}

function memberOf(module: unknown, name: string): Readonly<Record<string, unknown>> {
  const member: unknown = typeof module === "object" && module !== null ? Reflect.get(module, name) : undefined;
  if (typeof member !== "object" || member === null) throw new TypeError(`the WASI classes have no ${name}`);
  return Object.fromEntries(Object.entries(member));
}

function functionOf(module: unknown, name: string): (handler: object) => unknown {
  const found: unknown = typeof module === "object" && module !== null ? Reflect.get(module, name) : undefined;
  if (typeof found !== "function") throw new TypeError(`the WASI classes have no ${name}`);
  return (handler) => Reflect.apply(found, undefined, [handler]);
}
