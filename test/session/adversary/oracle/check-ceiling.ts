import { join } from "node:path";
import type { Entry } from "../journal.ts";
import type { Evidence } from "./evidence.ts";

/** What a generated tool declared, as far as its effects are bounded by it. */
interface Declared {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly net: readonly string[];
}

/** I4 for tools that a model made: what they do is what their permissions say, which a person was shown. */
export function checkCeiling({ journal, world }: Evidence): readonly string[] {
  const made = new Map<string, Declared>();
  const wanted = new Map<string, { readonly name: string; readonly declared: Declared }>();
  const tools = new Map<string, string>();
  const bad: string[] = [];
  for (const entry of journal) {
    if (entry.kind === "event" && entry.event.type === "tool_call") {
      const { call, tool, args } = entry.event;
      tools.set(call, tool);
      if (tool === "generate_tool") {
        const { name, permissions } = { name: "", permissions: {}, ...Object(args) };
        wanted.set(call, { name: String(name), declared: declaredIn(permissions) });
      }
    }
    if (entry.kind === "event" && entry.event.type === "tool_result" && entry.event.ok) {
      const one = wanted.get(entry.event.call);
      if (one !== undefined) made.set(one.name, one.declared);
    }
    if (entry.kind !== "effect" || entry.call === null) continue;
    const tool = tools.get(entry.call) ?? "";
    // Its examples read what it may read; what they would change or send is played.
    const trial = wanted.get(entry.call)?.declared;
    const declared = made.get(tool);
    if (declared !== undefined && !isCovered(entry, declared, world.project)) {
      bad.push(`${tool}: ${entry.backend} beyond its permissions`);
    }
    if (
      trial !== undefined && !isOwn(entry, world.project) &&
      !isCovered(entry, { ...trial, write: [], net: [] }, world.project)
    ) {
      bad.push(`${entry.backend}: an effect of an example`);
    }
  }
  return bad;
}

function declaredIn(permissions: unknown): Declared {
  function atoms(key: string): readonly string[] {
    const value: unknown = Object(permissions)[key];
    return typeof value === "string" ? value.split(/;\s*/u) : [];
  }
  return { read: atoms("fs.read"), write: atoms("fs.write"), net: atoms("net") };
}

type Effect = Extract<Entry, { kind: "effect" }>;

function isCovered({ backend, spec }: Effect, { read, write, net }: Declared, project: string): boolean {
  const { target, url, method, op } = { target: "", url: "", method: "", op: "", ...spec };
  switch (backend) {
    case "wasm":
      return true;
    case "files":
      // What would be written is looked at, so that it can be shown.
      return coversPath(op === "state" ? [...read, ...write] : read, target, project);
    case "writer":
    case "folders":
      return coversPath(write, target, project);
    case "http":
      return net.some((atom) => coversRequest(atom, { method, url }));
    case "process":
    case "keep":
      return false;
    default:
      return backend satisfies never;
  }
}

// Of all globs only those that end in `**`, and literals.
function coversPath(atoms: readonly string[], target: string, project: string): boolean {
  return atoms.some((atom) => {
    const path = atom.replace(/^workspace:/u, "");
    if (!path.endsWith("**")) return target === join(project, path);
    const folder = join(project, path.slice(0, -2));
    return target === folder.replace(/\/$/u, "") || target.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
  });
}

function coversRequest(atom: string, { method, url }: { readonly method: string; readonly url: string }): boolean {
  const [methods = "", where = ""] = atom.split(" ");
  return methods.split(",").includes(method) && url.startsWith(where.replace(/\*\*$/u, ""));
}

// A tool that was made is kept below the folder of its kind.
function isOwn({ backend, spec }: Effect, project: string): boolean {
  const { target } = { target: "", ...spec };
  return (backend === "files" || backend === "writer" || backend === "folders") &&
    target.startsWith(join(project, ".agentzero/skills/"));
}
