import type { SkillPermissions } from "../core/mod.ts";
import type { NetAtom, SecretAtom } from "./permission-atoms.ts";
import { limitRange } from "./permission-limits.ts";

/** The value of a line, for code. */
export type PermissionAtom =
  | { readonly key: "runtime" | "world" | "fs.read" | "fs.write" | "exec"; readonly value: string }
  | { readonly key: "net"; readonly value: NetAtom }
  | { readonly key: "secret"; readonly value: SecretAtom }
  | { readonly key: "limits"; readonly name: string; readonly value: number };

/** One atom, as a person is shown it. */
export interface PermissionLine {
  /** Which permission. */
  readonly key: PermissionAtom["key"];
  /** The atom in the grammar of the author, e.g. `GET,POST https://api.example.com:443/repos/**`. */
  readonly text: string;
  /** The same for code. */
  readonly atom: PermissionAtom;
}

/** Limits that are not named still hold: what is compared and asked is their number. */
const LIMITS: readonly string[] = ["calls", "memory", "output", "wall-ms"];

/**
 * Lists permissions, one line an atom; limits that are not named with what holds by default.
 *
 * @param permissions Compiled permissions.
 * @returns Lines; of a skill that runs nothing only its atoms.
 */
export function permissionLines(permissions: SkillPermissions): readonly PermissionLine[] {
  const { runtime, world, net, secret, exec } = permissions;
  return [
    ...(runtime === "none" ? [] : [plain("runtime", runtime)]),
    ...(world === null ? [] : [plain("world", world)]),
    ...permissions["fs.read"].map((atom) => plain("fs.read", atom)),
    ...permissions["fs.write"].map((atom) => plain("fs.write", atom)),
    ...net.map((value): PermissionLine => ({
      key: "net",
      text: `${value.methods.join(",")} ${value.origin}${value.path}`,
      atom: { key: "net", value },
    })),
    ...secret.map((value): PermissionLine => ({
      key: "secret",
      text: `${value.handle} -> ${value.origin} ${value.slot}`,
      atom: { key: "secret", value },
    })),
    ...exec.map((atom) => plain("exec", atom)),
    ...(runtime === "none" ? [] : LIMITS.flatMap((name) => limitLine(permissions, name))),
  ];
}

function plain(key: "runtime" | "world" | "fs.read" | "fs.write" | "exec", value: string): PermissionLine {
  return { key, text: value, atom: { key, value } };
}

function limitLine({ limits, runtime }: SkillPermissions, name: string): readonly PermissionLine[] {
  const value = Object.hasOwn(limits, name) ? limits[name] : limitRange(runtime, name)?.byDefault;
  return value === undefined ? [] : [{ key: "limits", text: `${name}=${value}`, atom: { key: "limits", name, value } }];
}

/**
 * Leaves out the atoms that a person struck off. A secret whose origin is left goes with it.
 *
 * @param permissions What was asked for.
 * @param struck Lines of {@link permissionLines}; tier, world and limits are no atoms and stay.
 * @returns What is granted.
 */
export function withoutAtoms(permissions: SkillPermissions, struck: readonly PermissionLine[]): SkillPermissions {
  const gone = new Set(struck.map(({ key, text }) => `${key} ${text}`));
  const kept = permissionLines(permissions).filter(({ key, text }) => !gone.has(`${key} ${text}`));
  const net = kept.flatMap(({ atom }) => (atom.key === "net" ? [atom.value] : []));
  return {
    ...permissions,
    "fs.read": texts(kept, "fs.read"),
    "fs.write": texts(kept, "fs.write"),
    exec: texts(kept, "exec"),
    net,
    secret: kept.flatMap(({ atom }) => (atom.key === "secret" ? [atom.value] : []))
      .filter(({ origin }) => net.some((atom) => atom.origin === origin)),
  };
}

function texts(lines: readonly PermissionLine[], key: PermissionLine["key"]): readonly string[] {
  return lines.filter((line) => line.key === key).map(({ text }) => text);
}
