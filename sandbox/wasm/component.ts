import type { Digest } from "../../core/mod.ts";

/** The export under which an instrumented core module shows its fuel: a mutable `i64` global that starts at 0. */
export const FUEL_GLOBAL = "az:fuel";
/**
 * The export of the one-slot `funcref` table whose slot, of type `() -> ()`, is called when the fuel is below zero.
 * An empty slot traps: a module that nobody fuels does not run.
 */
export const TICK_TABLE = "az:tick";
/**
 * The export that a module's start function becomes, where it had one. Who instantiates the module calls it right
 * after the slot is filled, and before anything else.
 */
export const START_EXPORT = "az:start";

/**
 * A module of one import `az`.`tick` and one export `tick`, the same function. Tables take functions of WebAssembly
 * only: an instance of this makes one out of a function of JavaScript.
 *
 * Contract of the function: it adds fuel to the global until that is 0 or more, or leaves it; it never throws, because
 * a guest can catch what is thrown, while the trap that follows cannot be caught.
 */
export const TICK_MODULE: Uint8Array<ArrayBuffer> = new Uint8Array(
  [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00], // type () -> ()
    [0x02, 0x0b, 0x01, 0x02, 0x61, 0x7a, 0x04, 0x74, 0x69, 0x63, 0x6b, 0x00, 0x00], // import az.tick
    [0x07, 0x08, 0x01, 0x04, 0x74, 0x69, 0x63, 0x6b, 0x00, 0x00], // export tick
  ].flat(),
);

/** Interfaces of `az:host` that a component has only when its manifest declares them. */
export type DeclaredInterface = "filesystem" | "http" | "secrets" | "tools";

/** What a component says of itself; what it really imports must be within it. */
export interface ComponentManifest {
  /** `tool` exports `run`, `engine` also `load`. */
  readonly world: "tool" | "engine";
  /** Interfaces that need permissions; `types`, `logging`, `clock` and `random` always may. */
  readonly imports: readonly DeclaredInterface[];
  /** Packages of WASI that it may import, e.g. `["cli", "io"]`: of `cli`, `io`, `clocks`, `random`, `filesystem`. */
  readonly wasi: readonly string[];
}

/** A component that was checked, transpiled and instrumented. */
export interface InstalledComponent {
  /** Name of its folder in the store: 64 hex digits. */
  readonly key: string;
  /** Digest of the component's own bytes. */
  readonly digest: Digest;
  /** What it was held against. */
  readonly manifest: ComponentManifest;
  /** Pages that its largest memory may grow to. */
  readonly memoryPages: number;
  /** Names of what it imports, e.g. `az:host/logging@0.3.0`. */
  readonly imports: readonly string[];
  /** Source of a module that exports `instantiate(getCoreModule, imports, instantiateCore)`, synchronous. */
  readonly glue: string;
  /** Instrumented core modules by the names that the glue asks for. */
  readonly modules: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[];
  /** `rebuilt`: what lay in the store was not what was written there; the caller records it. */
  readonly origin: "store" | "built" | "rebuilt";
}

/** How to install or load. */
export interface InstallOptions {
  /** Pages of 64 KiB that the largest memory may have, 1 to 4,096. */
  readonly memoryPages: number;
  /** Ends the installation. */
  readonly signal: AbortSignal;
}

/** Compiled components on disk, below `$AGENTZERO_HOME/store/wasm`. */
export interface ComponentStore {
  /**
   * Checks, transpiles and instruments a component, or takes it from the store where it lies intact.
   *
   * @throws {SandboxError} `WASM_FORMAT`, `WASM_IMPORTS`, `WASM_WORLD`, `WASM_LIMITS`, `LIMIT_SIZE`, `LIMIT_TIME`,
   * `LIMIT_INVALID`, `CANCELLED`, `SANDBOX_FAILED`.
   */
  install(bytes: Uint8Array, manifest: ComponentManifest, options: InstallOptions): Promise<InstalledComponent>;
  /**
   * Loads what was installed before.
   *
   * @returns The component, or `null` when the store does not have it.
   * @throws {SandboxError} `WASM_CACHE` when an entry is not what was written; `install` rebuilds it. `WASM_IMPORTS` and
   * `WASM_WORLD` when it does not fit this manifest.
   */
  load(digest: Digest, manifest: ComponentManifest, options: InstallOptions): Promise<InstalledComponent | null>;
}
