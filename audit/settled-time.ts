const DAY_MS = 86_400_000;
/** A longer silence than this between two sessions may as well be a clock that was set forward. */
const JUMP_MS = 30 * DAY_MS;
/** Times after such a silence count once sessions were recorded over so long a while. */
const SETTLED_MS = 7 * DAY_MS;

/**
 * Says which time may be relied on to delete something for its age: what the clock says, unless sessions began only a
 * short while ago, after a long silence. Then it is the last time before that silence.
 *
 * Threat: a clock that is set forward, by accident or to get rid of the record, makes every session look old at once.
 *
 * @param starts When sessions began, in ms, in any order; the one being opened is none of them.
 * @param now What the clock says.
 * @returns A time that is not after `now`; `-Infinity` while there is none to rely on.
 */
export function settledTime(starts: readonly number[], now: number): number {
  // What lies ahead of the clock was recorded while it was wrong.
  const times = [...starts.filter((start) => start <= now).toSorted((a, b) => a - b), now];
  let settled = -Infinity;
  let since = times[0] ?? now;
  let last = since;
  for (const time of times) {
    if (time - last > JUMP_MS) {
      settled = last;
      since = time;
    } else if (time - since >= SETTLED_MS) settled = time;
    last = time;
  }
  return settled;
}
