/** The part of the global `WebAssembly` that is used here; neither library of types has it. */
interface Engine {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

/** The engine of this runtime. */
export const webAssembly: Engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;
