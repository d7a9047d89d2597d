import { type Backend, digestOf, type Outcome, type Permit, type RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { SANDBOX_BOUNDS } from "../limits.ts";
import { runFramed } from "../outcome.ts";
import { checkPath } from "./check-path.ts";
import { openFolder } from "./folder.ts";
import { requireDescriptors } from "./host-files.ts";
import { probeDescriptors } from "./probe-descriptors.ts";
import type { WriteSpec, WriteValue } from "./write-spec.ts";

/**
 * Creates the writing half of tier `host-supervised`: whole files, atomically, through verified descriptors.
 *
 * @example
 * ```ts
 * const writer = createHostWriter(deps);
 * const spec = { op: "write", target: "/home/me/shop/a.txt", content, expect: null, createParents: true } as const;
 * const outcome = await writer.run(mint(specDigest(spec), writer.tier), spec, io);
 * ```
 * @param deps Clock, random names, host facts.
 * @returns The backend.
 */
export function createHostWriter(deps: SandboxDeps): Backend<WriteSpec, WriteValue> {
  const profile = digestOf({ backend: "host-writer", platform: deps.facts.platform, form: 1 });
  return {
    tier: "host-supervised",
    name: "host-files",
    probe: () => Promise.resolve(probeDescriptors(deps)),
    run(permit: Permit, spec: WriteSpec, io: RunIo): Promise<Outcome<WriteValue>> {
      const action = `Cannot write ${JSON.stringify(spec.target.slice(0, 200))}`;
      return runFramed(deps, { permit, spec, io, tier: "host-supervised", profile, action }, async (state) => {
        requireDescriptors(deps);
        const { parent, base } = checkPath(spec.target, deps.facts.platform);
        if (base === "") throw new SandboxError("NOT_REGULAR", `${action}: it is a folder`);
        if (spec.content.length > SANDBOX_BOUNDS.writeBytes.max) throw tooLarge(action, spec.content.length);
        const expect = spec.expect === null || spec.expect.kind === "missing" ? null : spec.expect;
        const [{ makeFolder }, { writeFileIn }] = await Promise.all([
          import("./open-parent.ts"),
          import("./write-file.ts"),
        ]);
        state.started = true;
        const folder = spec.createParents
          ? makeFolder(parent, deps.facts.platform)
          : openFolder(parent, deps.facts.platform);
        try {
          return writeFileIn(deps, folder, { base, content: spec.content, expect });
        } finally {
          folder.close();
        }
      });
    },
  };
}

function tooLarge(action: string, size: number): SandboxError {
  return new SandboxError(
    "LIMIT_SIZE",
    `${action}: it has ${size} bytes, the limit is ${SANDBOX_BOUNDS.writeBytes.max}`,
    {
      hint: `see ${SANDBOX_BOUNDS.writeBytes.key} in config.yml`,
    },
  );
}
