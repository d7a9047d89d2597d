import type { SkillPermissions } from "../../core/mod.ts";
import type { ToolDefinition } from "./definition.ts";

/**
 * Writes compiled permissions as the token strings that compile to them.
 *
 * @param permissions Compiled permissions of a generated tool.
 * @returns One string a kind of permission; absent is nothing.
 */
export function permissionStrings(permissions: SkillPermissions): ToolDefinition["permissions"] {
  const strings: readonly (readonly [string, readonly string[]])[] = [
    ["fs.read", permissions["fs.read"]],
    ["fs.write", permissions["fs.write"]],
    ["net", permissions.net.map(({ methods, origin, path }) => `${methods.join(",")} ${origin}${path}`)],
    ["secret", permissions.secret.map(({ handle, origin, slot }) => `${shortHandle(handle)} -> ${origin} ${slot}`)],
    ["limits", Object.entries(permissions.limits).map(([key, value]) => `${key}=${value}`)],
  ];
  return Object.fromEntries(
    strings.filter(([, atoms]) => atoms.length > 0).map(([key, atoms]) => [key, atoms.join(" ")]),
  );
}

function shortHandle(handle: string): string {
  return handle.replace(/^handle:\/\/vault\//, "");
}
