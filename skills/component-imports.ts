import { AgentZeroError, type SkillPermissions } from "../core/mod.ts";
import { SKILL_CODES, type SkillsErrorCode } from "./errors.ts";
import type { Findings } from "./finding.ts";
import { TOOL_WORLD } from "./permission-atoms.ts";
import { showText } from "./visible-text.ts";

/** What a component says of itself, e.g. `{ imports: ["az:host/http@0.3.0"], exports: ["run"] }`. */
export interface ComponentFacts {
  /** Interfaces by their full names. */
  readonly imports: readonly string[];
  /** Functions and interfaces. */
  readonly exports: readonly string[];
}

/**
 * Looks into a component. A port: the engine that can do it is not ours to import.
 *
 * Contract: runs nothing of the component; throws a coded error (`WASM_FORMAT`, …) for what is none.
 */
export type InspectComponent = (bytes: Uint8Array) => ComponentFacts | Promise<ComponentFacts>;

const ALWAYS: readonly string[] = ["types", "logging", "clock", "random"];

/**
 * Checks that a component imports nothing but what its world has and its atoms cover, and exports what the world says.
 *
 * @param component Its path and bytes.
 * @param rules Its permissions, and how to look into it.
 * @param findings Gets what is wrong: `WASM_IMPORTS`, `WASM_WORLD`, or what the engine says.
 */
export async function checkComponent(
  component: { readonly path: string; readonly bytes: Uint8Array },
  rules: { readonly permissions: SkillPermissions; readonly inspect: InspectComponent },
  findings: Findings,
): Promise<void> {
  const { path } = component;
  let facts: ComponentFacts;
  try {
    facts = await rules.inspect(component.bytes);
  } catch (cause) {
    if (!(cause instanceof AgentZeroError)) throw cause;
    const code = skillCode(cause.code);
    if (code === null) throw cause;
    findings.add(code, cause.message, { path, hint: cause.hint });
    return;
  }
  for (const name of facts.imports) {
    const reason = importFault(name, rules.permissions);
    if (reason !== null) {
      findings.add("WASM_IMPORTS", `it imports "${showText(name)}"${reason.seen}`, { path, hint: reason.hint });
    }
  }
  const exported = facts.exports.filter((name) => name !== "init");
  if (exported.length !== 1 || exported[0] !== "run") {
    findings.add("WASM_WORLD", `it exports ${exported.map(showText).join(", ") || "nothing"}`, {
      path,
      hint: `${TOOL_WORLD} exports exactly "run"`,
    });
  }
}

function skillCode(code: string): SkillsErrorCode | null {
  return Object.values(SKILL_CODES).flat().find((known) => known === code) ?? null;
}

function importFault(
  name: string,
  permissions: SkillPermissions,
): { readonly seen: string; readonly hint: string } | null {
  const [, host] = /^az:host\/([a-z-]+)@0\.3\.0$/.exec(name) ?? [];
  if (host !== undefined) return hostFault(host, permissions);
  const [, wasi] = /^wasi:([a-z-]+)\/[a-z-]+@0\.2(?:\.\d+)?$/.exec(name) ?? [];
  if (wasi === undefined) return { seen: ", which is nothing of the host", hint: "build it for az:host@0.3.0" };
  if ((permissions.world ?? "").split(" ").includes(`wasi:${wasi}@0.2`)) return null;
  return { seen: ", which az.world does not declare", hint: `add wasi:${wasi}@0.2 to az.world, if it is offered` };
}

function hostFault(
  part: string,
  permissions: SkillPermissions,
): { readonly seen: string; readonly hint: string } | null {
  if (ALWAYS.includes(part)) return null;
  switch (part) {
    case "filesystem":
      return permissions["fs.read"].length + permissions["fs.write"].length > 0 ? null : without("fs");
    case "http":
      return permissions.net.length > 0 ? null : without("net");
    case "secrets":
      return permissions.secret.length > 0 ? null : without("secret");
    default:
      return { seen: ", which no permission gives", hint: "build it without that import" };
  }
}

function without(key: string): { readonly seen: string; readonly hint: string } {
  return {
    seen: ` without an atom of ${key}`,
    hint: `ask for it with az.perm.${key}, or build it without that import`,
  };
}
