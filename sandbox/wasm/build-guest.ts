import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { componentize as Componentize } from "componentize-qjs";
import { SandboxError } from "../errors.ts";
import type { DeclaredInterface } from "./component.ts";
import { ENGINE_INTERFACES, guestEntry, standaloneInterfaces, standaloneWorld } from "./guest-entry.ts";

/** Folder of the shim, beside this module in sources and in `dist`. */
export const SHIM_FOLDER: string = fileURLToPath(new URL("./engine/shim/", import.meta.url));

// `wit` is no TypeScript: it stays at the root of the package, one level above `dist`.
const WIT_FOLDER = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../wit/" : "../../../wit/", import.meta.url),
);

/** Builds the script engine. Two builds never have the same bytes: start values of hash tables and clocks differ. */
export function buildEngine(): Promise<Uint8Array> {
  return componentize({ witPath: WIT_FOLDER, world: "engine", entry: guestEntry(ENGINE_INTERFACES, null) });
}

/**
 * Builds a component of its own from the source of a script tool: the same shim, and only the declared imports.
 *
 * @param source The tool's source; it is not run here.
 * @param options What it may import, and a folder for temporary files.
 * @returns The component.
 * @throws {SandboxError} `BUILDER_MISSING` without the builder, `SANDBOX_FAILED` when it fails.
 */
export async function buildStandalone(
  source: string,
  options: { readonly imports: readonly DeclaredInterface[]; readonly tmp: string },
): Promise<Uint8Array> {
  const interfaces = standaloneInterfaces(options.imports);
  const witPath = mkdtempSync(join(options.tmp, "az-wit-"));
  try {
    writeFileSync(join(witPath, "host.wit"), readFileSync(join(WIT_FOLDER, "host.wit")));
    writeFileSync(join(witPath, "standalone.wit"), standaloneWorld(interfaces));
    return await componentize({ witPath, world: "standalone", entry: guestEntry(interfaces, source) });
  } finally {
    rmSync(witPath, { recursive: true, force: true });
  }
}

async function componentize(
  { witPath, world, entry }: { readonly witPath: string; readonly world: string; readonly entry: string },
): Promise<Uint8Array> {
  const builder = await loadBuilder();
  try {
    const { component } = await builder.componentize({
      witPath,
      world,
      jsSource: entry,
      jsPath: join(SHIM_FOLDER, "entry.js"),
      moduleRoot: SHIM_FOLDER,
      stubWasi: true,
      sync: true,
      optSize: true,
    });
    return new Uint8Array(component);
  } catch (cause) {
    throw new SandboxError("SANDBOX_FAILED", "Cannot build the component: the builder refused it", {
      hint: "AGENTZERO_DEBUG=1 shows what it said",
      cause,
    });
  }
}

// A native package of 39 MB: only who builds pays for it, and an installation may leave it out.
async function loadBuilder(): Promise<{ readonly componentize: typeof Componentize }> {
  try {
    return await import("componentize-qjs");
  } catch (cause) {
    throw new SandboxError("BUILDER_MISSING", "Cannot build a component: componentize-qjs is not installed here", {
      hint: "npm install componentize-qjs@0.4.3",
      cause,
    });
  }
}
