import { matchSkillGlob } from "../../policy/mod.ts";
import type { HostRequest } from "../../sandbox/mod.ts";
import type { Guard } from "../authorize.ts";
import { shownAsText, unpresented } from "../tools/present.ts";
import type { Guest } from "./guest.ts";
import type { GuestPath } from "./guest-path.ts";
import { type HostPlan, plainly } from "./host-plan.ts";
import { HostFault } from "./reply.ts";
import { entriesBelow, type Scratch } from "./scratch.ts";

type MemoryPath = Extract<GuestPath, { root: "scratch" | "skill" }>;
type FileRequest = Exclude<HostRequest, { readonly kind: "fetch" | "get-secret" | "call" | "register-tool" }>;

/**
 * Plans a call on memory: the scratch space of this run, or the skill's own files, slices of the archive that was
 * verified. Nothing leaves the run, so that only the import is decided, and the atoms of the skill.
 *
 * @param guest Whose memory.
 * @param scratch Its scratch space.
 * @param asked The call and its path.
 * @returns Guard, effect and value of the plan.
 */
export function planMemory(
  guest: Guest,
  scratch: Scratch,
  asked: { readonly request: FileRequest; readonly path: MemoryPath },
): Pick<HostPlan, "guard" | "prepare" | "take" | "title"> {
  const { request, path } = asked;
  return {
    title: `${TITLES[request.kind]} ${path.shown}`,
    guard: coverage(guest, request, path),
    prepare: () =>
      Promise.resolve(shownAsText({
        backend: "routine",
        tier: "none",
        spec: { op: "memory" },
        guest: null,
        run: () => Promise.resolve({ output: null, error: null, sources: [], classes: [], truncated: false }),
        present: () => unpresented("memory"),
      }, path.shown)),
    take: () =>
      Promise.resolve(path.root === "scratch" ? onScratch(scratch, request, path.path) : onSkill(guest, request, path)),
  };
}

const TITLES: Readonly<Record<FileRequest["kind"], string>> = {
  "read-file": "Read",
  "list-dir": "List",
  "file-exists": "Look for",
  "create-dir": "Make folder",
  "write-file": "Write",
  "append-file": "Write",
};

function coverage(guest: Guest, { kind }: FileRequest, { root, path, shown }: MemoryPath): Guard | null {
  const writes = kind === "write-file" || kind === "append-file" || kind === "create-dir";
  const atoms = guest.actor.permissions?.[writes ? "fs.write" : "fs.read"] ?? [];
  const covered = atoms.some((atom) =>
    atom.startsWith(`${root}:`) && matchSkillGlob(atom.slice(root.length + 1), path)
  );
  if (covered && !(root === "skill" && writes)) return null;
  return {
    rule: "skill.permissions",
    failure: {
      code: "POLICY_DENY",
      message: `Cannot use "${shown}": the permissions of "${guest.actor.id}" do not cover it`,
      hint: null,
    },
  };
}

function onScratch(scratch: Scratch, request: FileRequest, path: string): Awaited<ReturnType<HostPlan["take"]>> {
  switch (request.kind) {
    case "read-file": {
      const bytes = scratch.read(path);
      return plainly(bytes, bytes.length);
    }
    case "list-dir":
      return plainly(scratch.list(path).map(sized));
    case "file-exists":
      return plainly(scratch.exists(path), 1);
    case "create-dir":
      scratch.makeFolder(path);
      return plainly(undefined);
    case "write-file":
    case "append-file":
      scratch.write(path, request.data, request.kind === "append-file");
      return plainly(undefined);
    default:
      return request satisfies never;
  }
}

function onSkill(
  guest: Guest,
  { kind }: FileRequest,
  { path, shown }: MemoryPath,
): Awaited<ReturnType<HostPlan["take"]>> {
  const files = new Map(guest.files.map(({ path: name, size }) => [name, { length: size }]));
  switch (kind) {
    case "read-file": {
      const bytes = guest.file(path);
      if (bytes === null) throw new HostFault("not-found", `Cannot read "${shown}": the skill has no such file`);
      return plainly(bytes.slice(), bytes.length);
    }
    case "list-dir": {
      const entries = entriesBelow(path, files);
      if (entries.length === 0) {
        throw new HostFault("not-found", `Cannot list "${shown}": the skill has no such folder`);
      }
      return plainly(entries.map(sized));
    }
    case "file-exists":
      return plainly(files.has(path) || entriesBelow(path, files).length > 0, 1);
    case "create-dir":
    case "write-file":
    case "append-file":
      throw new HostFault("denied", `Cannot write "${shown}": the files of a skill are read-only`);
    default:
      return kind satisfies never;
  }
}

function sized<T extends { readonly size: number }>(entry: T): Omit<T, "size"> & { readonly size: bigint } {
  return { ...entry, size: BigInt(entry.size) };
}
