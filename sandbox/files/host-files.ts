import { type Backend, digestOf, type Outcome, type Permit, type Probe, type RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { checkLimit, SANDBOX_BOUNDS } from "../limits.ts";
import { runFramed } from "../outcome.ts";
import { checkPath } from "./check-path.ts";
import { openFolder } from "./folder.ts";
import { openFile } from "./open-file.ts";
import { probeDescriptors } from "./probe-descriptors.ts";
import { readLines } from "./read-lines.ts";
import type { ReadLinesSpec, ReadSpec, ReadStateSpec, ReadValue } from "./read-spec.ts";
import { readState, type StateOptions } from "./read-state.ts";
import { refuseMaskedLink } from "./refuse-masked-link.ts";
import { MISSING } from "./stamp.ts";

/**
 * Creates tier `host-readonly`: reads, lists and searches through verified descriptors.
 *
 * @example
 * ```ts
 * const files = createHostFiles(deps);
 * const spec = { op: "read", target: "/home/me/shop/README.md", offset: 1, limit: null, maxBytes: 65_536 } as const;
 * const outcome = await files.run(mint(specDigest(spec), files.tier), spec, io);
 * ```
 * @param deps Clock, timers, host facts.
 * @returns The backend.
 */
export function createHostFiles(deps: SandboxDeps): Backend<ReadSpec, ReadValue> {
  const profile = digestOf({ backend: "host-files", platform: deps.facts.platform, form: 1 });
  return {
    tier: "host-readonly",
    name: "host-files",
    probe: () => Promise.resolve(probeDescriptors(deps)),
    run(permit: Permit, spec: ReadSpec, io: RunIo): Promise<Outcome<ReadValue>> {
      const action = `Cannot ${spec.op === "state" ? "look at" : spec.op} ${JSON.stringify(spec.target.slice(0, 200))}`;
      return runFramed(deps, { permit, spec, io, tier: "host-readonly", profile, action }, async (state) => {
        requireDescriptors(deps);
        state.started = true;
        const value = await perform(deps, spec, io);
        state.outputBytes = value.op === "read" && value.text !== null ? Buffer.byteLength(value.text) : 0;
        return value;
      });
    },
  };
}

/**
 * Refuses file access where links would be followed behind our back.
 *
 * @param deps Host facts.
 * @throws {SandboxError} `TIER_UNAVAILABLE` with the fix of the probe.
 */
export function requireDescriptors(deps: SandboxDeps): void {
  const probe: Probe = probeDescriptors(deps);
  if (!probe.ok) throw new SandboxError("TIER_UNAVAILABLE", probe.reason, { hint: probe.fix });
}

async function perform(deps: SandboxDeps, spec: ReadSpec, io: RunIo): Promise<ReadValue> {
  checkPath(spec.target, deps.facts.platform);
  switch (spec.op) {
    case "read":
      return readTarget(deps, spec, io);
    case "state":
      return readTarget(deps, spec, io);
    case "list":
      checkLimit({ ...SANDBOX_BOUNDS.listEntries }, spec.maxEntries);
      checkCount("depth", spec.depth);
      return await (await import("./list-folder.ts")).listFolder(deps, spec, io);
    case "search":
      checkLimit(SANDBOX_BOUNDS.searchHits, spec.maxHits);
      return await (await import("./search-files.ts")).searchFiles(deps, spec, io);
    default:
      return spec satisfies never;
  }
}

function readTarget(deps: SandboxDeps, spec: ReadLinesSpec | ReadStateSpec, io: RunIo): ReadValue {
  const { parent, base } = checkPath(spec.target, deps.facts.platform);
  if (base === "") throw new SandboxError("NOT_REGULAR", `Cannot read ${JSON.stringify(spec.target)}: it is a folder`);
  if (spec.op === "state") {
    checkLimit({ ...SANDBOX_BOUNDS.writeBytes, key: "maxBytes" }, spec.maxBytes);
    return { op: "state", state: stateOf(deps, { parent, base, maxBytes: spec.maxBytes, masked: io.masked }) };
  }
  checkLimit({ ...SANDBOX_BOUNDS.readBytes, key: "maxBytes" }, spec.maxBytes);
  checkCount("offset", spec.offset);
  if (spec.limit !== null) checkCount("limit", spec.limit);
  const folder = openFolder(parent, deps.facts.platform);
  try {
    const file = openFile(folder, base);
    try {
      refuseMaskedLink(file, io.masked);
      return readLines(file, spec);
    } finally {
      file.close();
    }
  } finally {
    folder.close();
  }
}

function stateOf(
  deps: SandboxDeps,
  at: StateOptions & { readonly parent: string; readonly base: string },
): Extract<ReadValue, { op: "state" }>["state"] {
  let folder: ReturnType<typeof openFolder>;
  try {
    folder = openFolder(at.parent, deps.facts.platform);
  } catch (error) {
    // Nothing stands below a folder that is not there.
    if (error instanceof SandboxError && error.code === "NOT_FOUND") return { ...MISSING, exists: false, bytes: null };
    throw error;
  }
  try {
    return readState(folder, at.base, at);
  } finally {
    folder.close();
  }
}

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new SandboxError("LIMIT_INVALID", `Cannot use ${name}: received ${value}`, {
    hint: "expected an integer >= 1",
  });
}
