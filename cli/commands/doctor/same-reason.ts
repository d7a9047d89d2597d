import type { Protection } from "../../../sandbox/mod.ts";

/**
 * Makes one row of what is missing for one reason: without bubblewrap that is nearly everything.
 *
 * @param protections As they were probed.
 * @returns What is on, each by itself; what is not, with all its names in front of the reason.
 */
export function sameReason(protections: readonly Protection[]): readonly Protection[] {
  const groups = Map.groupBy(protections, ({ name, state, detail }) => state === "on" ? name : `${state} ${detail}`);
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group;
    if (first === undefined || others.length === 0) return group;
    const names = group.map(({ name }) => name).join(", ");
    return [{ ...first, name: `${group.length} of them`, detail: `${names}: ${first.detail}` }];
  });
}
