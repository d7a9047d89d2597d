// The part of WebAssembly that is used here: neither the language's types nor the runtime's declare it.

/** A compiled core module. */
export interface CoreModule {
  readonly kind?: "module";
}

/** A mutable global of type `i64`. */
export interface CoreGlobal {
  value: bigint;
}

/** A linear memory. */
export interface CoreMemory {
  readonly buffer: ArrayBuffer;
}

/** A table of functions. */
export interface CoreTable {
  set(index: number, value: unknown): void;
}

/** An instance of a core module. */
export interface CoreInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

interface Api {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => CoreModule;
  readonly Instance: new (module: CoreModule, imports?: object) => CoreInstance;
  readonly Global: { [Symbol.hasInstance](value: unknown): value is CoreGlobal };
  readonly Memory: { [Symbol.hasInstance](value: unknown): value is CoreMemory };
  readonly Table: { [Symbol.hasInstance](value: unknown): value is CoreTable };
  readonly RuntimeError: { [Symbol.hasInstance](value: unknown): value is Error };
  compile(bytes: Uint8Array<ArrayBuffer>): Promise<CoreModule>;
}

declare const WebAssembly: Api;

/** The runtime's WebAssembly. */
export const wasm: Api = WebAssembly;
