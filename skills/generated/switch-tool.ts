import { SkillsError } from "../errors.ts";
import type { DisabledBy } from "./active.ts";
import { type ChangePorts, epochOf, keptVersions, locked, writeActive } from "./edit-tool.ts";
import { changed, known } from "./known-tool.ts";
import { readState } from "./tool-state.ts";
import { readVersion, type ToolVersion } from "./tool-version.ts";

/** Failures in a row that switch a tool off. */
const MAX_FAILURES = 3;

/**
 * Makes another version the active one, and switches the tool on.
 *
 * @param ports Project, key and random bytes.
 * @param name Name of the tool.
 * @param wanted Number of the version; `null` for the one before the active one.
 * @returns The version that is active now.
 * @throws {SkillsError} `NOT_FOUND`, `TOOL_FOREIGN`; `TOOL_DISABLED` when the files of that version were changed.
 */
export function rollbackTool(ports: ChangePorts, name: string, wanted: number | null): ToolVersion {
  return locked(ports, name, (state, check) => {
    const versions = keptVersions(ports, name, known(state, name, { tampered: "mended" }));
    const active = state.kind === "known" ? state.record.active : Infinity;
    const target = wanted === null ? versions.findLast(({ n }) => n < active) : versions.find(({ n }) => n === wanted);
    if (target === undefined) {
      const what = wanted === null ? "a version before the active one" : `version ${wanted}`;
      throw new SkillsError("NOT_FOUND", `Cannot roll back "${name}": there is no ${what.replace(/^a /, "")}`, {
        hint: versions.length === 0 ? "generate it anew" : `versions: ${versions.map(({ n }) => n).join(" ")}`,
      });
    }
    const version = readVersion(ports, name, target);
    if (version === null) throw changed(name, `the files of version ${target.n} are not the ones that were registered`);
    check();
    writeActive(ports, { name, active: target.n, disabled: null, failures: 0, versions, epoch: epochOf(state) + 1 });
    return version;
  });
}

/**
 * Switches a tool off.
 *
 * @param ports Project, key and random bytes.
 * @param name Name of the tool.
 * @param by Why.
 * @throws {SkillsError} `NOT_FOUND`, `TOOL_FOREIGN`.
 */
export function disableTool(ports: ChangePorts, name: string, by: DisabledBy): void {
  locked(ports, name, (state, check) => {
    // What was changed by something else does not run as it is.
    if (known(state, name, { tampered: "mended" }).kind !== "known" || state.kind !== "known") return;
    if (state.record.disabled !== null) return;
    check();
    writeActive(ports, { ...state.record, disabled: by, epoch: state.record.epoch + 1 });
  });
}

/**
 * Counts how a run of the sandbox ended; the third failure in a row switches the tool off.
 *
 * @param ports Project, key and random bytes.
 * @param version The version that ran.
 * @param failed `true` for a trap, a limit, an error of the engine; what a tool throws by itself is none.
 * @returns `true` when the tool is off now.
 */
export function noteRun(ports: ChangePorts, version: Pick<ToolVersion, "entry">, failed: boolean): boolean {
  const { name, n } = version.entry;
  const now = readState(ports, name);
  if (now.kind !== "known" || now.record.active !== n || (!failed && now.record.failures === 0)) return false;
  return locked(ports, name, (state, check) => {
    if (state.kind !== "known" || state.record.active !== n || state.record.disabled !== null) return false;
    const failures = failed ? state.record.failures + 1 : 0;
    const off = failures >= MAX_FAILURES;
    check();
    writeActive(ports, { ...state.record, failures, disabled: off ? "failures" : null, epoch: state.record.epoch + 1 });
    return off;
  });
}
