import { type Backend, digestOf, type Outcome, type Permit, type RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { runFramed } from "../outcome.ts";
import { checkPath } from "./check-path.ts";
import { requireDescriptors } from "./host-files.ts";
import { probeDescriptors } from "./probe-descriptors.ts";
import { lstatOrNull } from "./stamp.ts";
import type { FolderSpec, FolderValue } from "./write-spec.ts";

/**
 * Creates the part of tier `host-supervised` that makes folders, one component at a time, each through the descriptor
 * of the one above. That a folder is there already is fine.
 *
 * @param deps Clock and host facts.
 * @returns The backend.
 */
export function createHostFolders(deps: SandboxDeps): Backend<FolderSpec, FolderValue> {
  const profile = digestOf({ backend: "host-folders", platform: deps.facts.platform, form: 1 });
  return {
    tier: "host-supervised",
    name: "host-files",
    probe: () => Promise.resolve(probeDescriptors(deps)),
    run(permit: Permit, spec: FolderSpec, io: RunIo): Promise<Outcome<FolderValue>> {
      const action = `Cannot make folder ${JSON.stringify(spec.target.slice(0, 200))}`;
      return runFramed(deps, { permit, spec, io, tier: "host-supervised", profile, action }, async (state) => {
        requireDescriptors(deps);
        checkPath(spec.target, deps.facts.platform);
        const stat = lstatOrNull(spec.target);
        if (stat !== null && !stat.isDirectory()) {
          throw new SandboxError("NOT_REGULAR", `${action}: something else stands there`);
        }
        const { makeFolder } = await import("./open-parent.ts");
        state.started = true;
        makeFolder(spec.target, deps.facts.platform).close();
        return { op: "folder", real: spec.target };
      });
    },
  };
}
