/** One measured number beside its peer, from the same run. */
export interface Row {
  /** What was measured, e.g. `decide(), 100 rules`. */
  readonly name: string;
  readonly ours: number;
  readonly unit: string;
  /** The named peer, measured in the same run, or `null` where there is none. */
  readonly peer: { readonly name: string; readonly value: number } | null;
  /** The number to reach, e.g. `<= 0.5 us`. */
  readonly goal: string;
  readonly reached: boolean;
}

/** A file of this folder that measures: its `measure` gives rows. */
export interface Measurement {
  readonly measure: () => Promise<readonly Row[]>;
}

/**
 * A number of ours that has a limit and no peer.
 *
 * @param name What was measured.
 * @param ours The number.
 * @param goal Its unit, and the most that it may be.
 * @returns The row.
 */
export function rowWithin(name: string, ours: number, goal: { readonly unit: string; readonly limit: number }): Row {
  const { unit, limit } = goal;
  return { name, ours, unit, peer: null, goal: `<= ${limit} ${unit}`, reached: ours <= limit };
}

/**
 * The median of some samples.
 *
 * @param samples At least one number.
 * @returns The middle one; of an even count the mean of the two in the middle.
 */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/**
 * A quantile by linear interpolation.
 *
 * @param samples At least one number.
 * @param q From 0 to 1.
 * @returns The value below which the share `q` lies.
 */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * Takes samples of two things in turn, so that a drifting machine drifts for both.
 *
 * @param times How often each.
 * @param ours Gives one sample.
 * @param peer Gives one sample of the peer.
 * @returns The samples of both.
 */
export async function interleave(
  times: number,
  ours: () => Promise<number> | number,
  peer: () => Promise<number> | number,
): Promise<{ readonly ours: readonly number[]; readonly peer: readonly number[] }> {
  const taken = { ours: [] as number[], peer: [] as number[] };
  for (let i = 0; i < times; i++) {
    // oxlint-disable-next-line no-await-in-loop -- in turn, on purpose
    taken.ours.push(await ours());
    // oxlint-disable-next-line no-await-in-loop -- in turn, on purpose
    taken.peer.push(await peer());
  }
  return taken;
}
