import { canonicalJson, type SkillPermissions } from "../core/mod.ts";
import { globsCover } from "./glob-cover.ts";
import { limitRange } from "./permission-limits.ts";
import { type PermissionLine, permissionLines } from "./permission-lines.ts";

/** One atom that an upgrade adds or drops. */
export interface PermissionChange {
  /** `wider`: it was not covered before. `narrower`: it is not covered any more. */
  readonly change: "wider" | "narrower";
  /** The atom. */
  readonly line: PermissionLine;
}

/** How two sets of permissions relate by what they match. */
export interface PermissionComparison {
  /** `wider` when anything was added, whatever was dropped besides. */
  readonly relation: "equal" | "narrower" | "wider";
  /** What was added and dropped: nothing that is merely written otherwise. */
  readonly changes: readonly PermissionChange[];
}

/**
 * Compares permissions by what they match.
 *
 * @example
 * ```ts
 * comparePermissions(installed, wanted).changes; // [{ change: "wider", line: { key: "net", text: "POST https://…" } }]
 * ```
 * @param before What was granted.
 * @param after What is asked for.
 * @returns The relation and the atoms that make it.
 */
export function comparePermissions(before: SkillPermissions, after: SkillPermissions): PermissionComparison {
  const changes: PermissionChange[] = [
    ...uncovered(before, after).map((line) => ({ change: "wider" as const, line })),
    ...uncovered(after, before).map((line) => ({ change: "narrower" as const, line })),
  ];
  const wider = changes.some(({ change }) => change === "wider");
  return { relation: wider ? "wider" : changes.length > 0 ? "narrower" : "equal", changes };
}

/**
 * Tells whether some permissions cover others wholly.
 *
 * @param wide E.g. what was granted.
 * @param narrow E.g. what is asked for.
 * @returns `true` when nothing of `narrow` is outside `wide`.
 */
export function permissionsCover(wide: SkillPermissions, narrow: SkillPermissions): boolean {
  return uncovered(wide, narrow).length === 0;
}

/** The atoms of `narrow` that `wide` does not cover. */
function uncovered(wide: SkillPermissions, narrow: SkillPermissions): readonly PermissionLine[] {
  return permissionLines(narrow).filter((line) => !covers(wide, narrow, line));
}

function covers(wide: SkillPermissions, narrow: SkillPermissions, line: PermissionLine): boolean {
  switch (line.key) {
    case "runtime":
      // Another tier is another guarantee. Only text runs nothing at all.
      return wide.runtime === narrow.runtime || narrow.runtime === "none";
    case "world":
      return coversWorld(wide.world, narrow.world);
    case "fs.read":
    case "fs.write":
      return coversFile(wide[line.key], line.text);
    case "net":
      return line.atom.key === "net" && coversNet(wide.net, line.atom.value);
    case "secret":
      return wide.secret.some((atom) => line.atom.key === "secret" && same(atom, line.atom.value));
    case "exec":
      return wide.exec.includes(line.text);
    case "limits":
      return line.atom.key === "limits" && coversLimit(wide, line.atom);
    default:
      return line.key satisfies never;
  }
}

function coversWorld(wide: string | null, narrow: string | null): boolean {
  if (narrow === null) return true;
  const known = new Set((wide ?? "").split(" "));
  return narrow.split(" ").every((part) => known.has(part));
}

function coversFile(atoms: readonly string[], atom: string): boolean {
  const cut = atom.indexOf(":") + 1;
  const root = atom.slice(0, cut);
  const globs = atoms.filter((other) => other.startsWith(root)).map((other) => other.slice(cut));
  return globsCover(globs, atom.slice(cut));
}

/** Each method is a matter of its own: what covers it may stand in several atoms. */
function coversNet(atoms: SkillPermissions["net"], atom: SkillPermissions["net"][number]): boolean {
  return atom.methods.every((method) => {
    const globs = atoms.filter((other) => other.origin === atom.origin && other.methods.includes(method))
      .map(({ path }) => path.slice(1));
    return globsCover(globs, atom.path.slice(1));
  });
}

/** Where a limit is not named, the sandbox's own holds. */
function coversLimit(wide: SkillPermissions, limit: { readonly name: string; readonly value: number }): boolean {
  const most = Object.hasOwn(wide.limits, limit.name)
    ? wide.limits[limit.name]
    : limitRange(wide.runtime, limit.name)?.byDefault;
  return most !== undefined && limit.value <= most;
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
