import { b2, type Digest, type SkillPermissions } from "../../core/mod.ts";
import {
  type ComponentManifest,
  componentOfWat,
  ENGINE_DIGEST,
  ENGINE_MANIFEST,
  readScriptEngine,
  type WasmSpec,
} from "../../sandbox/mod.ts";
import { declaredInterfaces, type ToolLanguage } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";
import { wasmLimitsOf } from "../skills/wasm-limits-of.ts";
import type { ToolLimits } from "../tools/tool-limits.ts";

/** What runs of a tool: the component, and the script for it. */
export interface ToolProgram {
  /** Digest of the component. */
  readonly component: Digest;
  readonly manifest: ComponentManifest;
  readonly script: WasmSpec["script"];
  /** The component, where the store does not hold it. */
  bytes(): Promise<Uint8Array>;
}

/** What a program is made of. */
export interface ProgramSource {
  readonly language: ToolLanguage;
  readonly source: string;
  readonly permissions: SkillPermissions;
  /** Digest of the component that a WAT module became when it was registered: it is made again only where the store lacks it. */
  readonly component?: Digest | null;
}

/**
 * Makes the program of a tool: a script for the engine that all scripts share, or a component of a WAT module.
 *
 * @param tool Its source and what it may do.
 * @returns The program.
 * @throws {SandboxError} What makes a component of WAT says, for a module that is none.
 */
export async function toolProgram(tool: ProgramSource): Promise<ToolProgram> {
  const { language, source, permissions } = tool;
  if (language === "javascript") {
    const script = { source, digest: b2(source) };
    return { component: ENGINE_DIGEST, manifest: ENGINE_MANIFEST, script, bytes: () => readScriptEngine() };
  }
  const manifest = { world: "tool", imports: declaredInterfaces(permissions), wasi: [] } as const;
  const known = tool.component ?? null;
  if (known !== null) return { component: known, manifest, script: null, bytes: () => componentOfWat(source) };
  const component = await componentOfWat(source);
  return { component: b2(component), manifest, script: null, bytes: () => Promise.resolve(component) };
}

/**
 * Makes one call of a program.
 *
 * @param program What runs.
 * @param call Its input as JSON, the permissions with their limits, what the configuration leaves, and the id that clock
 * and random bytes come from.
 * @returns The spec.
 * @throws {SessionError} `LIMIT_SIZE` for too much input.
 */
export function programSpec(
  program: ToolProgram,
  call: {
    readonly input: string;
    readonly permissions: SkillPermissions;
    readonly ceilings: ToolLimits["wasm"];
    readonly seed: string;
  },
): WasmSpec {
  const { component, manifest, script } = program;
  const limits = wasmLimitsOf(call.permissions.limits, call.ceilings);
  const bytes = Buffer.byteLength(call.input);
  if (bytes > limits.inputBytes) {
    throw new SessionError(
      "LIMIT_SIZE",
      `Cannot run the tool: its input has ${bytes} bytes, at most ${limits.inputBytes} are read`,
      { hint: "the user's config.yml may raise limits.wasm_input" },
    );
  }
  return {
    op: "wasm",
    component,
    manifest,
    declared: declaredInterfaces(call.permissions),
    script,
    input: call.input,
    limits,
    seed: call.seed,
    clock: false,
    random: false,
    where: "auto",
  };
}
