import type { StopReason } from "./messages.ts";
import { type CoreGlobal, type CoreInstance, type CoreMemory, type CoreModule, wasm } from "./web-assembly.ts";

/** Why the meter does not let a guest go on. */
export interface Halt {
  readonly code: string;
  readonly reason: string;
  readonly hint: string | null;
}

/** Names that an instrumented core module exports, and the module that makes a function for a table. */
export interface MeterNames {
  readonly fuel: string;
  readonly tick: string;
  readonly start: string;
  readonly tickModule: CoreModule;
}

/** Fuel and time of one call, shared by all core modules of its instance. */
export interface Meter {
  /** Instantiates a core module so that it pays from this meter. */
  instantiate(module: CoreModule, imports?: object): CoreInstance;
  /** Why the guest must not go on, or `null`. */
  halted(): Halt | null;
  /** Ends the guest at its next check, whatever it catches until then. */
  halt(halt: Halt): void;
  /** Looks at stop flag and clock, as a tick does; for host functions that wait. */
  check(): Halt | null;
  /** Sets how long a person was asked. */
  paused(ms: number): void;
  /** Fuel used so far. */
  fuelUsed(): number;
  /** Bytes of all memories. */
  memoryBytes(): number;
}

/** How a meter is made. */
export interface MeterOptions {
  readonly names: MeterNames;
  readonly fuel: number;
  readonly wallMs: number;
  /** A clock that never steps back, in milliseconds. */
  readonly mono: () => number;
  readonly stopped: () => StopReason | null;
}

/** Fuel given at once; between two ticks a guest cannot be stopped. */
const REFILL = 16_384n;

/**
 * Creates the meter of one call.
 *
 * @param options Fuel, deadline, where to look for a stop.
 * @returns The meter; time runs from now.
 */
export function createMeter({ names, fuel, wallMs, mono, stopped }: MeterOptions): Meter {
  const begun = mono();
  const globals: CoreGlobal[] = [];
  const memories = new Set<CoreMemory>();
  let pool = BigInt(fuel);
  let given = 0n;
  let pausedMs = 0;
  let halted: Halt | null = null;

  function halt(why: Halt): void {
    halted ??= why;
    pool = 0n;
    // Threat: a guest that catches what a host function throws and goes on. Its next check finds nothing.
    for (const global of globals) {
      if (global.value < 0n) continue;
      given -= global.value + 1n;
      global.value = -1n;
    }
  }
  function check(): Halt | null {
    if (halted !== null) return halted;
    const stop = stopped() ?? (mono() - begun - pausedMs >= wallMs ? "time" : null);
    if (stop !== null) halt(haltOf(stop, wallMs));
    return halted;
  }
  // Never throws: what is thrown a guest could catch.
  function tick(global: CoreGlobal): void {
    if (check() !== null) return;
    const missing = -global.value;
    const wanted = missing > REFILL ? missing : REFILL;
    const grant = wanted < pool ? wanted : pool;
    pool -= grant;
    given += grant;
    global.value += grant;
    if (global.value >= 0n) return;
    halted = {
      code: "LIMIT_FUEL",
      reason: `Cannot run component: it used up its fuel of ${fuel}`,
      hint: "give it less to do, or raise limits.wasm_fuel",
    };
  }
  return {
    instantiate(module, imports) {
      // A shared slot: the module starts with none, and what it exports is only there afterwards.
      const instance = new wasm.Instance(module, imports);
      const { [names.fuel]: global, [names.tick]: table, [names.start]: start } = instance.exports;
      // Threat: a module that was not instrumented would run without fuel.
      if (!(global instanceof wasm.Global) || !(table instanceof wasm.Table)) {
        throw new TypeError("a core module has no meter");
      }
      globals.push(global);
      table.set(0, new wasm.Instance(names.tickModule, { az: { tick: () => tick(global) } }).exports["tick"]);
      for (const value of Object.values(instance.exports)) if (value instanceof wasm.Memory) memories.add(value);
      if (typeof start === "function") start();
      return instance;
    },
    halted: () => halted,
    halt,
    check,
    paused(ms) {
      pausedMs = Math.max(pausedMs, ms);
    },
    fuelUsed() {
      let left = 0n;
      for (const { value } of globals) left += value;
      const used = given - left;
      return Math.min(fuel, Number(used));
    },
    memoryBytes() {
      let bytes = 0;
      for (const { buffer } of memories) bytes += buffer.byteLength;
      return bytes;
    },
  };
}

/** How a stop from outside reads. */
export function haltOf(stop: StopReason, wallMs: number): Halt {
  switch (stop) {
    case "time":
      return {
        code: "LIMIT_TIME",
        reason: `Cannot run component: it took longer than ${wallMs} ms`,
        hint: "give it less to do, or raise limits.wasm_time",
      };
    case "cancelled":
      return { code: "CANCELLED", reason: "Cannot run component: it was cancelled", hint: null };
    default:
      return stop satisfies never;
  }
}
