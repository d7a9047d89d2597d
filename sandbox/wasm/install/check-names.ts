import { SandboxError } from "../../errors.ts";
import type { CoreModule } from "../binary/read-module.ts";
import { FUEL_GLOBAL, START_EXPORT, TICK_TABLE } from "../component.ts";

// Everything that tools put into names, and nothing that ends a text of JavaScript or begins a part of one.
const PLAIN = /^[A-Za-z0-9 _.:/@#$<>[\]()+*=,;!|&~^%?-]{0,4096}$/;
const RESERVED: readonly string[] = [FUEL_GLOBAL, TICK_TABLE, START_EXPORT];

/**
 * Checks the names by which a core module imports and exports.
 *
 * Threat: the transpiler writes them between quotes into the glue as they are; a quote or a line's end in a name would
 * make the rest of it a program of the host. And a module that exports under our names would keep its own fuel.
 *
 * @param module The module.
 * @throws {SandboxError} `WASM_FORMAT`.
 */
export function checkNames(module: CoreModule): void {
  for (const name of [...module.imports, ...module.exports]) {
    if (PLAIN.test(name)) continue;
    throw new SandboxError(
      "WASM_FORMAT",
      `Cannot install component: a core module uses the name ${JSON.stringify(name.slice(0, 80))}`,
      { hint: "names of core modules are plain ASCII without quotes, braces and backslashes" },
    );
  }
  const taken = module.exports.find((name) => RESERVED.includes(name));
  if (taken !== undefined) {
    throw new SandboxError("WASM_FORMAT", `Cannot install component: a core module exports "${taken}" itself`);
  }
}
