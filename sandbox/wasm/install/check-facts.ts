import { SandboxError } from "../../errors.ts";
import type { ComponentManifest } from "../component.ts";
import type { ComponentFacts } from "./component-facts.ts";

const HOST = /^az:host\/([a-z]+)@0\.3\.0$/;
const WASI = /^wasi:([a-z]+)\/([a-z0-9-]+)@0\.2\.(?:0|[1-9][0-9]{0,3})$/;
const ALWAYS: readonly string[] = ["types", "logging", "clock", "random"];
const DECLARED: readonly string[] = ["filesystem", "http", "secrets", "tools"];
/** Packages of WASI that a manifest may name. `filesystem` is there without any folder: libraries ask for it. */
const WASI_PACKAGES: readonly string[] = ["cli", "io", "clocks", "random", "filesystem"];
const EXPORTED: Readonly<Record<ComponentManifest["world"], readonly string[]>> = {
  tool: ["run"],
  engine: ["load", "run"],
};

/**
 * Holds what a component asks for and gives against its manifest.
 *
 * @param facts Read from the component.
 * @param manifest What was declared, shown and approved.
 * @throws {SandboxError} `WASM_IMPORTS` for an import that is not of the world or not declared, `WASM_WORLD` for other
 * exports than the world has.
 */
export function checkFacts(facts: ComponentFacts, manifest: ComponentManifest): void {
  for (const name of facts.imports) {
    const fault = importFault(name, manifest);
    if (fault === null) continue;
    throw new SandboxError("WASM_IMPORTS", `Cannot install component: it imports "${name}"${fault.what}`, {
      hint: fault.hint,
    });
  }
  const exports = facts.exports.filter((name) => name !== "init").toSorted();
  const wanted = EXPORTED[manifest.world];
  if (exports.join() !== wanted.join()) {
    throw new SandboxError("WASM_WORLD", `Cannot install component: it exports ${exports.join(", ") || "nothing"}`, {
      hint: `the world az:host/${manifest.world} exports ${wanted.join(" and ")}`,
    });
  }
}

function importFault(
  name: string,
  manifest: ComponentManifest,
): { readonly what: string; readonly hint: string } | null {
  const [, host] = HOST.exec(name) ?? [];
  if (host !== undefined && (ALWAYS.includes(host) || manifest.imports.some((declared) => declared === host))) {
    return null;
  }
  if (host !== undefined && DECLARED.includes(host)) {
    return { what: ", which its manifest does not declare", hint: `declare ${host}, or build it without` };
  }
  const [, wasi] = WASI.exec(name) ?? [];
  if (wasi === undefined || !WASI_PACKAGES.includes(wasi)) {
    return { what: "", hint: "guests import interfaces of az:host@0.3.0, and declared ones of wasi 0.2" };
  }
  if (manifest.wasi.includes(wasi)) return null;
  return { what: ", which its manifest does not declare", hint: `declare wasi:${wasi}, or build it without` };
}
