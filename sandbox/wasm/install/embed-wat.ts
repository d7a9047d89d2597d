import { readFileSync } from "node:fs";
import { SandboxError } from "../../errors.ts";
import { COMPONENT_BOUNDS } from "./bounds.ts";
import type { ToolResult } from "./tool-job.ts";
import { toolSaid } from "./tool-said.ts";

// `wit` is no TypeScript: it stays at the root of the package, one level above `dist`.
const WIT = new URL(import.meta.url.endsWith(".ts") ? "../../../wit/" : "../../../../wit/", import.meta.url);
const CORE: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01];

/**
 * Makes a component of world `tool` of a core module in text that exports `memory`, `cabi_realloc` and `run`. Runs in
 * the helper process.
 *
 * @param source The text, UTF-8.
 * @returns The component as the only file.
 * @throws {SandboxError} `LIMIT_SIZE` above 64 KiB, `WASM_FORMAT` with what is wrong and where.
 */
export async function embedWat(source: Uint8Array): Promise<ToolResult> {
  if (source.length > COMPONENT_BOUNDS.watBytes) {
    throw new SandboxError("LIMIT_SIZE", `Cannot read module: its text has ${source.length} bytes`, {
      hint: `${COMPONENT_BOUNDS.watBytes} bytes are the limit`,
    });
  }
  const tools = await import("@bytecodealliance/jco-transpile/wasm-tools");
  const text = new TextDecoder("utf-8", { fatal: true }).decode(source);
  let core: Uint8Array;
  try {
    core = await tools.parse(text);
  } catch (cause) {
    throw toolSaid("Cannot read module", cause);
  }
  if (CORE.some((byte, index) => core[index] !== byte)) {
    throw new SandboxError("WASM_FORMAT", "Cannot read module: its text is a component already", {
      hint: "write (module …) with exports memory, cabi_realloc and run",
    });
  }
  try {
    const embedded = await tools.componentEmbed({ binary: core, witSource: toolWorld(), world: "tool" });
    const component = await tools.componentNew(embedded, []);
    return { imports: [], exports: [], files: [{ name: "component.wasm", bytes: new Uint8Array(component) }] };
  } catch (cause) {
    throw toolSaid("Cannot make component: the module does not fit world tool of az:host", cause);
  }
}

// The tools take the package as one text.
function toolWorld(): string {
  const [host, tool] = ["host.wit", "tool.wit"].map((name) => readFileSync(new URL(name, WIT), "utf8"));
  return `${host}\n${tool?.replace(/^package .*$/m, "")}`;
}
