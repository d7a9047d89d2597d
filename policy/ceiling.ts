import type {
  AtomicAction,
  CommandTarget,
  ImportTarget,
  NetworkTarget,
  PathTarget,
  SecretTarget,
  SkillActor,
  SkillPermissions,
} from "../core/mod.ts";
import { matchSkillGlob } from "./skill-glob.ts";

/**
 * Tells whether the typed permissions of the acting skill or generated tool cover an action. They are a ceiling: what
 * they do not cover is denied, whatever the rules say; what they cover is still decided by the rules.
 *
 * @param action An action with an actor.
 * @param skill The actor.
 * @returns `true` when an atom covers the target, or when the act is about the skill itself (loading its text).
 */
export function skillCovers(action: AtomicAction, skill: SkillActor): boolean {
  const { capability, target } = action;
  const { permissions } = skill;
  // The text is only words; whether it may be read is the rules' matter. An install is decided on what it brings.
  if (capability === "skill_load" || capability === "package_install") return true;
  if (permissions === null) return false;
  switch (capability) {
    case "file_read":
      return target.kind === "path" && coversPath(permissions["fs.read"], target, skill);
    case "file_write":
      return target.kind === "path" && coversPath(permissions["fs.write"], target, skill);
    case "network_request":
      return target.kind === "network" && coversRequest(permissions, target);
    case "secret_handle_usage":
      return target.kind === "secret" && coversSecret(permissions, target);
    case "shell_command":
      return target.kind === "command" && coversCommand(permissions, target, skill);
    case "wasm_host_call":
      return target.kind === "import" && coversImport(permissions, target);
    case "package_execution":
    case "runtime_launch":
      return permissions.runtime !== "none";
    case "model_call":
    case "acp_context_request":
    case "mvm_mount":
      return false;
    default:
      return capability satisfies never;
  }
}

/** Tells whether an atom `ROOT:GLOB` covers a real path. */
function coversPath(atoms: readonly string[], target: PathTarget, skill: SkillActor): boolean {
  return atoms.some((atom) => {
    const cut = atom.indexOf(":");
    const root = cut < 0 || !Object.hasOwn(skill.roots, atom.slice(0, cut))
      ? undefined
      : skill.roots[atom.slice(0, cut)];
    if (root === undefined) return false;
    const below = `${root.replace(/\/+$/, "")}/`;
    if (target.real === below.slice(0, -1)) return matchSkillGlob(atom.slice(cut + 1), "");
    return target.real.startsWith(below) && matchSkillGlob(atom.slice(cut + 1), target.real.slice(below.length));
  });
}

function coversRequest(permissions: SkillPermissions, target: NetworkTarget): boolean {
  const path = pathOfUrl(target);
  return path !== null &&
    permissions.net.some((atom) =>
      atom.origin === originOf(target.scheme, target) && atom.methods.includes(target.method) &&
      matchSkillGlob(atom.path.replace(/^\//, ""), path)
    );
}

/** The path of a request, or `null` when a server may read another one out of it. */
function pathOfUrl(target: NetworkTarget): string | null {
  if (!URL.canParse(target.url)) return null;
  const { pathname } = new URL(target.url);
  // Threat: `/repos/..%2f..%2fadmin` matches `/repos/**` here and is `/admin` behind a proxy.
  return /%2f|%5c|%2e|%00|\\|;/i.test(pathname) ? null : pathname.slice(1);
}

function coversSecret(permissions: SkillPermissions, target: SecretTarget): boolean {
  return permissions.secret.some((atom) => {
    if (atom.handle !== target.handle) return false;
    // `get-secret` of a component names no place: the vault checks its binding to this very component.
    if (target.inject.startsWith("component:")) return true;
    return atom.slot === target.inject && target.host !== null &&
      atom.origin === originOf("https", { host: target.host, port: target.port ?? 443 });
  });
}

function originOf(scheme: string, { host, port }: { readonly host: string; readonly port: number }): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function coversCommand(permissions: SkillPermissions, target: CommandTarget, skill: SkillActor): boolean {
  const program = target.argv?.[0];
  if (program === undefined) return false;
  const root = Object.hasOwn(skill.roots, "skill") ? skill.roots["skill"] : undefined;
  return permissions.exec.some((atom) => {
    if (atom.startsWith("tool:")) return program === atom.slice(5);
    return atom.startsWith("skill:") && root !== undefined && program === `${root}/${atom.slice(6)}`;
  });
}

/** An import stands for nothing by itself; what it does is decided besides. Clock, log and random need no atom. */
function coversImport(permissions: SkillPermissions, { name }: ImportTarget): boolean {
  const [, namespace, wasi, part] = /^(az:host|wasi:([a-z0-9-]+))\/([a-z0-9-]+)(?:[@.#].*)?$/.exec(name) ?? [];
  if (namespace === undefined) return false;
  if (wasi !== undefined) return permissions.world?.includes(`wasi:${wasi}@`) === true;
  switch (part) {
    case "filesystem":
      return permissions["fs.read"].length > 0 || permissions["fs.write"].length > 0;
    case "http":
      return permissions.net.length > 0;
    case "secrets":
      return permissions.secret.length > 0;
    case "types":
    case "logging":
    case "clock":
    case "random":
      return true;
    default:
      return false;
  }
}
