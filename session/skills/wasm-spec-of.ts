import type { WasmSpec } from "../../sandbox/mod.ts";
import { declaredInterfaces, type GrantedSkill } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";
import type { ToolLimits } from "../tools/tool-limits.ts";
import { wasmLimitsOf } from "./wasm-limits-of.ts";

/**
 * Makes what runs of a skill's component and an input: imports follow the atoms that its author declared, limits are the
 * author's within the ceilings.
 *
 * @param skill The skill.
 * @param input JSON text.
 * @param run Id of the call, which clock and random bytes come from without a grant, and what the configuration leaves.
 * @returns The spec.
 * @throws {SessionError} `NOT_EXECUTABLE` for a skill without a component, `LIMIT_SIZE` for too much input.
 */
export function wasmSpecOf(
  skill: GrantedSkill,
  input: string,
  run: { readonly seed: string; readonly ceilings: ToolLimits["wasm"] },
): WasmSpec {
  const { component, permissions } = skill;
  if (component === null) {
    throw new SessionError("NOT_EXECUTABLE", `Cannot run "${skill.name}": it has no component`);
  }
  const limits = wasmLimitsOf(permissions.limits, run.ceilings);
  const bytes = Buffer.byteLength(input);
  if (bytes > limits.inputBytes) {
    throw new SessionError(
      "LIMIT_SIZE",
      `Cannot run "${skill.name}": its input has ${bytes} bytes, at most ${limits.inputBytes} are read`,
      { hint: "the user's config.yml may raise limits.wasm_input" },
    );
  }
  // Not those that were granted: a component whose last file or host was struck off still starts, and each such call of
  // it is refused, and on record.
  const imports = declaredInterfaces(skill.md.secure?.permissions ?? permissions);
  return {
    op: "wasm",
    component: component.digest,
    manifest: { world: "tool", imports, wasi: wasiOf(permissions.world) },
    declared: imports,
    script: null,
    input,
    limits,
    seed: run.seed,
    clock: false,
    random: false,
    where: "auto",
  };
}

/** The packages of WASI in `az:host/tool@0.3.0 wasi:cli@0.2 wasi:io@0.2`. */
function wasiOf(world: string | null): readonly string[] {
  return [...(world ?? "").matchAll(/(?:^| )wasi:([a-z0-9-]+)@/gu)].map(([, name = ""]) => name);
}
