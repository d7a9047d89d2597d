import type { CallId } from "../../core/mod.ts";
import { WASM_BOUNDS, type WasmLimits, wasmLimits, type WasmSpec } from "../../sandbox/mod.ts";
import type { GrantedSkill } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";

const PAGE_BYTES = 65_536;

/**
 * Makes what runs of a skill's component and an input: imports follow the granted atoms, limits are the author's within
 * the ceilings.
 *
 * @param skill The skill.
 * @param input JSON text.
 * @param call Id of the call: without a grant, clock and random bytes come from it.
 * @returns The spec.
 * @throws {SessionError} `NOT_EXECUTABLE` for a skill without a component, `LIMIT_SIZE` for too much input.
 */
export function wasmSpecOf(skill: GrantedSkill, input: string, call: CallId | string): WasmSpec {
  const { component, permissions } = skill;
  if (component === null) {
    throw new SessionError("NOT_EXECUTABLE", `Cannot run "${skill.name}": it has no component`);
  }
  const limits = wasmLimits(askedLimits(permissions.limits));
  const bytes = Buffer.byteLength(input);
  if (bytes > limits.inputBytes) {
    throw new SessionError(
      "LIMIT_SIZE",
      `Cannot run "${skill.name}": its input has ${bytes} bytes, at most ${limits.inputBytes} are read`,
    );
  }
  const imports: ("filesystem" | "http" | "secrets")[] = [];
  if (permissions["fs.read"].length > 0 || permissions["fs.write"].length > 0) imports.push("filesystem");
  if (permissions.net.length > 0) imports.push("http");
  if (permissions.secret.length > 0) imports.push("secrets");
  return {
    op: "wasm",
    component: component.digest,
    manifest: { world: "tool", imports, wasi: wasiOf(permissions.world) },
    declared: imports,
    script: null,
    input,
    limits,
    seed: call,
    clock: false,
    random: false,
    where: "auto",
  };
}

function askedLimits(asked: Readonly<Record<string, number>>): Partial<WasmLimits> {
  const { memory, output, calls } = asked;
  const wall = asked["wall-ms"];
  return {
    ...(memory === undefined ? {} : { memoryPages: within(Math.floor(memory / PAGE_BYTES), "memoryPages") }),
    ...(output === undefined ? {} : { outputBytes: within(output, "outputBytes") }),
    ...(calls === undefined ? {} : { calls: within(calls, "calls") }),
    ...(wall === undefined ? {} : { wallMs: within(wall, "wallMs") }),
  };
}

function within(value: number, name: keyof WasmLimits): number {
  return Math.max(1, Math.min(value, WASM_BOUNDS[name].max));
}

/** The packages of WASI in `az:host/tool@0.3.0 wasi:cli@0.2 wasi:io@0.2`. */
function wasiOf(world: string | null): readonly string[] {
  return [...(world ?? "").matchAll(/(?:^| )wasi:([a-z0-9-]+)@/gu)].map(([, name = ""]) => name);
}
