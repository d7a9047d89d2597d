import { readModule } from "../../../sandbox/wasm/binary/read-module.ts";
import { FUEL_GLOBAL, START_EXPORT, TICK_MODULE, TICK_TABLE } from "../../../sandbox/wasm/component.ts";
import { instrumentModule, type Maxima } from "../../../sandbox/wasm/instrument/instrument-module.ts";

interface Api {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports?: object) => { readonly exports: Readonly<Record<string, unknown>> };
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}
declare const WebAssembly: Api;

/** The runtime's WebAssembly. */
export const wasm: Api = WebAssembly;

/** How a run of a core module ended. */
export interface CoreRun {
  readonly results: readonly unknown[];
  /** What it holds afterwards. */
  readonly memory: Uint8Array | null;
  readonly global: unknown;
  /** `null` without instruments. */
  readonly fuel: bigint | null;
}

/** Maxima that take nothing from a module. */
export function wideMaxima(bytes: Uint8Array): Maxima {
  const module = readModule(bytes);
  return {
    memories: module.memories.map(({ max }) => max ?? 64),
    tables: module.tables.map(({ max }) => max ?? 65_536),
  };
}

/** Instruments a module. */
export function instrumented(bytes: Uint8Array, maxima: Maxima = wideMaxima(bytes)): Uint8Array<ArrayBuffer> {
  return instrumentModule(readModule(bytes), maxima);
}

/** Fuel that is given in portions, as long as there is some. */
export class Tank {
  readonly #portion = 16_384n;
  readonly #fuel: { value: bigint };
  #left: bigint;
  #given = 0n;

  /** Fills the slot of a module's table and starts it. */
  constructor(exports: Readonly<Record<string, unknown>>, most: bigint, imports: object = {}) {
    this.#left = most;
    this.#fuel = exports[FUEL_GLOBAL] as { value: bigint };
    const tick = new wasm.Instance(new wasm.Module(TICK_MODULE), { ...imports, az: { tick: () => this.#tick() } });
    (exports[TICK_TABLE] as { set(index: number, value: unknown): void }).set(0, tick.exports["tick"]);
    (exports[START_EXPORT] as (() => void) | undefined)?.();
  }

  /** What was used. */
  get used(): bigint {
    return this.#given - this.#fuel.value;
  }

  #tick(): void {
    while (this.#fuel.value < 0n && this.#left > 0n) {
      const portion = this.#left < this.#portion ? this.#left : this.#portion;
      this.#fuel.value += portion;
      this.#given += portion;
      this.#left -= portion;
    }
  }
}

/** Runs export `main` with each pair of numbers, in one instance. */
export function runMain(
  bytes: Uint8Array<ArrayBuffer>,
  pairs: readonly (readonly [number, number])[],
  fuel: bigint | null = null,
): CoreRun {
  const { exports } = new wasm.Instance(new wasm.Module(bytes));
  const tank = fuel === null ? null : new Tank(exports, fuel);
  const main = exports["main"] as (left: number, right: number) => number;
  const results = pairs.map(([left, right]) => {
    try {
      return main(left, right);
    } catch (error) {
      return error instanceof Error ? error.message : "thrown";
    }
  });
  const memory = exports["memory"] as { readonly buffer: ArrayBuffer } | undefined;
  return {
    results,
    memory: memory === undefined ? null : new Uint8Array(memory.buffer.slice(0)),
    global: (exports["g1"] as { value: unknown } | undefined)?.value,
    fuel: tank?.used ?? null,
  };
}
