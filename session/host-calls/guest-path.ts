import { isAbsolute } from "node:path";
import type { PathTarget } from "../../core/mod.ts";
import { resolvePath } from "../../policy/mod.ts";
import { HostFault } from "./reply.ts";

/** Where a path of a guest leads. */
export type GuestPath =
  /** A file of the project, as policy judges it; `outside` for a spelling that no guest may use. */
  | { readonly root: "workspace"; readonly target: PathTarget; readonly shown: string; readonly outside: boolean }
  /** Memory of this run, or the skill's own files. */
  | { readonly root: "scratch" | "skill"; readonly path: string; readonly shown: string };

const ROOT = /^([a-z]{2,16}):(.*)$/su;

/**
 * Resolves a path of a guest: relative to the project, or below a named root. Literal text; links are resolved as they
 * stand now, and what they lead to is what policy judges, opens and records.
 *
 * @param input The path as the guest wrote it.
 * @param project Real path of the project.
 * @returns Where it leads.
 * @throws {HostFault} `invalid` for what can be no path.
 */
export function guestPath(input: string, project: string): GuestPath {
  if (input.includes("\0") || Buffer.byteLength(input) > 4096) throw invalid("it holds NUL or is too long");
  const [, root, rest] = ROOT.exec(input) ?? [null, "workspace", input];
  switch (root) {
    case "workspace": {
      const path = rest ?? "";
      const target = resolvePath(path === "" ? "." : path, project);
      // Threat: a guest that learns, or depends on, where things lie on this machine. It is judged and refused.
      return { root, target, shown: `workspace:${path}`, outside: isAbsolute(path) };
    }
    case "scratch":
    case "skill":
      return { root, path: plainPath(rest ?? ""), shown: `${root}:${rest ?? ""}` };
    default:
      throw invalid(`"${root ?? ""}:" is no root; there are workspace:, scratch: and skill:`);
  }
}

/** A path inside memory: no folder above it exists. */
function plainPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") throw new HostFault("denied", `Cannot use the path: nothing lies above its root`);
    parts.push(part);
  }
  return parts.join("/");
}

function invalid(why: string): HostFault {
  return new HostFault("invalid", `Cannot use the path: ${why}`);
}
