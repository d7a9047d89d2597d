import { b2, type Digest, type SkillPermissions } from "../../core/mod.ts";
import {
  type ComponentManifest,
  componentOfWat,
  ENGINE_DIGEST,
  ENGINE_MANIFEST,
  readScriptEngine,
  WASM_BOUNDS,
  type WasmLimits,
  wasmLimits,
  type WasmSpec,
} from "../../sandbox/mod.ts";
import { declaredInterfaces, type ToolLanguage } from "../../skills/mod.ts";

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
 * @param call Its input as JSON, the permissions with their limits, and the id that clock and random bytes come from.
 * @returns The spec.
 */
export function programSpec(
  program: ToolProgram,
  call: {
    readonly input: string;
    readonly permissions: SkillPermissions;
    readonly seed: string;
    readonly ceilings: ToolLimits["wasm"];
  },
): WasmSpec {
  const { component, manifest, script } = program;
  return {
    op: "wasm",
    component,
    manifest,
    declared: declaredInterfaces(call.permissions),
    script,
    input: call.input,
    limits: wasmLimitsOf(call.permissions.limits, call.ceilings),
    seed: call.seed,
    clock: false,
    random: false,
    where: "auto",
  };
}

const PAGE_BYTES = 65_536;

function askedLimits(asked: Readonly<Record<string, number>>): Partial<WasmLimits> {
  const wanted: readonly (readonly [keyof WasmLimits, number | undefined])[] = [
    ["memoryPages", asked["memory"] === undefined ? undefined : Math.floor(asked["memory"] / PAGE_BYTES)],
    ["outputBytes", asked["output"]],
    ["calls", asked["calls"]],
    ["wallMs", asked["wall-ms"]],
  ];
  return Object.fromEntries(
    wanted.flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Math.max(1, Math.min(value, WASM_BOUNDS[name].max))]]
    ),
  );
}
