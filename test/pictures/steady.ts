const SESSION = /\bses_[0-9A-Z]{26}/g;
/** What differs from run to run, and what stands for it: of the same length where it stands in columns. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/\/tmp\/(agentzero-demo|az-pictures)-\w{6}/g, "/tmp/$1-Q7xLm2"],
  [/\bb2:[0-9a-f]{4}…[0-9a-f]{4}/g, "b2:7c1e…04d9"],
  [/\breaders [0-9a-f]{16}/g, "readers 818fcea3878cde15"],
  [/\bsha256:[0-9a-f]{12}/g, "sha256:4bd41657aef0"],
  [/\d\d:\d\d:\d\d\.\d{3}/g, "10:24:08.512"],
  [/\b\d+ ms\b/g, "42 ms"],
  [/(?:LINE_INVALID|CHAIN_BROKEN): record \d+ .*/g, "CHAIN_BROKEN: record 41 does not follow the one before it"],
];

/**
 * Replaces what differs from run to run: ids, digests, times, names of temporary folders. Sessions stay different from
 * each other.
 *
 * @param lines Lines of a screen, with or without colours.
 * @returns The same for each run.
 */
export function steady(lines: readonly string[]): readonly string[] {
  const sessions: string[] = [];
  return lines.map((line) =>
    CHANGING.reduce((text, [pattern, by]) => text.replaceAll(pattern, by), line).replaceAll(SESSION, (id) => {
      if (!sessions.includes(id)) sessions.push(id);
      return `ses_01KA3F0Q8ZT5W7XY9R2MJC4V${String(sessions.indexOf(id)).padStart(2, "0")}`;
    })
  );
}
