import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

/** A core module or component of its text, made by the tools of the component model. */
export async function coreOf(wat: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await parse(wat));
  } catch (error) {
    throw new Error(`cannot parse: ${JSON.stringify(error)}`, { cause: error });
  }
}
