import { Buffer } from "node:buffer";
import { createGuestLog } from "./guest-log.ts";
import { createHostImports, type GuestImports, type GuestSources } from "./host-imports.ts";
import type {
  CallMessage,
  FromGuest,
  GuestEnd,
  LoadMessage,
  ReplyMessage,
  StartMessage,
  StopReason,
} from "./messages.ts";
import { createMeter, type Meter, type MeterNames } from "./meter.ts";
import { createSeededBytes } from "./seeded-bytes.ts";
import type { Scrubbed } from "./scrub.ts";
import { createWasi, type WasiClasses } from "./wasi.ts";
import { type CoreModule, wasm } from "./web-assembly.ts";

/** How a program talks to the host. */
export interface GuestChannel {
  post(message: FromGuest): void;
  /** Sends a host call and blocks until its answer is there. */
  ask(call: CallMessage): ReplyMessage;
  /** A stop that came from outside. */
  stopped(): StopReason | null;
}

/** What a program took from its runtime before that was scrubbed. */
export interface GuestPowers {
  readonly channel: GuestChannel;
  readonly scrubbed: Scrubbed;
  /** A clock that never steps back, in milliseconds. */
  readonly mono: () => number;
  readonly random: (count: number) => Uint8Array;
  /** Blocks for some milliseconds, or until a stop. */
  readonly sleep: (ms: number) => void;
}

/** A program that holds one component. */
export interface GuestProgram {
  /** Takes the component. Must be done before the first start. */
  load(message: LoadMessage): Promise<void>;
  /** Runs one call in an instance of its own and posts how it ended. */
  start(message: StartMessage): void;
}

type Instantiate = (
  getModule: (name: string) => unknown,
  imports: GuestImports,
  instantiate: Meter["instantiate"],
) => unknown;

/**
 * Creates the program that runs a component: the same in a thread and in a process.
 *
 * @param powers What the runtime gave.
 * @returns The program.
 */
export function createGuestProgram(powers: GuestPowers): GuestProgram {
  const { channel, mono } = powers;
  let names: MeterNames | null = null;
  let modules = new Map<string, CoreModule>();
  let instantiate: Instantiate | null = null;
  let wasi: WasiClasses | null = null;

  function invoke(message: StartMessage, meter: Meter, imports: GuestImports): GuestEnd {
    let stage: "load" | "run" | null = null;
    try {
      if (instantiate === null) throw new TypeError("no component is loaded");
      const instance = instantiate(
        (name) => moduleOf(modules, name),
        imports,
        (module, given) => meter.instantiate(module, given),
      );
      if (message.script !== null) {
        stage = "load";
        exportOf(instance, "load")(message.script);
      }
      stage = "run";
      const text = exportOf(instance, "run")(message.input);
      return outputOf(text, message.limits.outputBytes);
    } catch (cause) {
      // A thrown text is the tool's own error; everything else is a trap.
      if (typeof cause === "string" && stage !== null) return errorOf(cause, stage, message.limits.outputBytes);
      return failed("WASM_TRAP", `it stopped: ${textOf(cause)}`, null);
    }
  }
  return {
    async load(message) {
      const { tickBytes, ...exported } = message.names;
      names = { ...exported, tickModule: new wasm.Module(tickBytes) };
      modules = new Map(message.modules.map(({ name, module }) => [name, compiled(module)]));
      const loaded: unknown = await import(dataUrl(message.glue));
      if (!isGlue(loaded)) throw new TypeError("the glue has no instantiate");
      instantiate = loaded.instantiate;
      if (message.wasi !== null) wasi = wasiClasses(await import(message.wasi));
    },
    start(message) {
      const { limits, run } = message;
      if (names === null) throw new TypeError("no component is loaded");
      const meter = createMeter({
        names,
        fuel: limits.fuel,
        wallMs: limits.wallMs,
        mono,
        stopped: () => channel.stopped(),
      });
      powers.scrubbed.bound(Math.max(limits.outputBytes, limits.bytes, limits.logBytes), (bytes) => {
        meter.halt({
          code: "LIMIT_OUTPUT",
          reason: `Cannot run component: a text of ${bytes} bytes is more than may leave it`,
          hint: "give it less to do, or raise limits.wasm_output",
        });
      });
      const log = createGuestLog(limits, (line) => channel.post({ kind: "log", run, line }));
      const sources = sourcesOf(message, powers);
      const host = createHostImports({ channel, start: message, meter, log, sources });
      const imports = wasi === null
        ? host.imports
        : both(host.imports, createWasi(wasi, { meter, log, sources, start: message, powers }));
      const ended = invoke(message, meter, imports);
      const halt = meter.halted();
      channel.post({
        kind: "done",
        run,
        end: halt === null ? ended : { kind: "failed", ...halt },
        fuelUsed: meter.fuelUsed(),
        calls: host.calls(),
        memoryBytes: meter.memoryBytes(),
        logCut: log.cut(),
      });
    },
  };
}

function both(one: GuestImports, other: GuestImports): GuestImports {
  const imports: Record<string, GuestImports[string]> = Object.create(null);
  return Object.freeze(Object.assign(imports, one, other));
}

function sourcesOf(message: StartMessage, powers: GuestPowers): GuestSources {
  const begun = powers.mono();
  return {
    now: message.clock ? () => message.nowMs + (powers.mono() - begun) : () => message.nowMs,
    bytes: message.random ? powers.random : createSeededBytes(message.seed),
  };
}

function outputOf(text: unknown, maxBytes: number): GuestEnd {
  if (typeof text !== "string") return failed("WASM_TRAP", "its run gave no text", null);
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return { kind: "output", text };
  return failed("LIMIT_OUTPUT", `its result of ${bytes} bytes is more than ${maxBytes}`, "limits.wasm_output");
}

function errorOf(text: string, stage: "load" | "run", maxBytes: number): GuestEnd {
  // An error is for people: the start of it says what happened.
  return { kind: "error", text: text.length > maxBytes ? text.slice(0, maxBytes).toWellFormed() : text, stage };
}

function failed(code: string, saw: string, key: string | null): GuestEnd {
  const hint = key === null ? null : `give it less to do, or raise ${key}`;
  return { kind: "failed", code, reason: `Cannot run component: ${saw}`, hint };
}

function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "it threw something that is not an error";
  return cause.message.slice(0, 200) || cause.name;
}

function moduleOf(modules: ReadonlyMap<string, CoreModule>, name: string): CoreModule {
  const module = modules.get(name);
  if (module === undefined) throw new TypeError(`there is no core module "${name}"`);
  return module;
}

function compiled(module: unknown): CoreModule {
  if (module instanceof Uint8Array) return new wasm.Module(new Uint8Array(module));
  if (module instanceof wasm.Module) return module;
  throw new TypeError("a core module is neither compiled nor bytes");
}

function exportOf(instance: unknown, name: string): (text: string) => unknown {
  const found: unknown = typeof instance === "object" && instance !== null ? Reflect.get(instance, name) : undefined;
  if (typeof found !== "function") throw new TypeError(`the component has no "${name}"`);
  return (text) => Reflect.apply(found, undefined, [text]);
}

function isGlue(value: unknown): value is { readonly instantiate: Instantiate } {
  return typeof value === "object" && value !== null && "instantiate" in value &&
    typeof value.instantiate === "function";
}

function wasiClasses(value: unknown): WasiClasses {
  if (typeof value === "object" && value !== null && "io" in value && "cli" in value && "filesystem" in value) {
    return { io: value.io, cli: value.cli, filesystem: value.filesystem };
  }
  throw new TypeError("the WASI classes are incomplete");
}

function dataUrl(source: string): string {
  return `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
}
