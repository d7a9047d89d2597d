import { describe, expect, it } from "vitest";
import { detectText } from "../../core/detectors.ts";
import { CORPUS, type Sample } from "./detector-corpus.ts";

interface Judged {
  readonly sample: Sample;
  /** The secret part is wholly inside hits of its class. */
  readonly found: boolean;
  /** Characters that were hit although nothing is there. */
  readonly extra: readonly string[];
}

async function judge(sample: Sample): Promise<Judged> {
  const hits = await detectText(sample.text);
  const { text, secret } = sample;
  if (secret === null) return { sample, found: false, extra: hits.map(({ start, end }) => text.slice(start, end)) };
  const start = text.indexOf(secret);
  const own = hits.filter((hit) => hit.class === sample.class);
  let at = start;
  for (const hit of own.toSorted((a, b) => a.start - b.start)) if (hit.start <= at) at = Math.max(at, hit.end);
  const outside = hits.filter((hit) => hit.end <= start || hit.start >= start + secret.length);
  return { sample, found: at >= start + secret.length, extra: outside.map((hit) => text.slice(hit.start, hit.end)) };
}

describe("the detectors on a corpus", () => {
  it("find at least nine of ten, and take almost nothing else for a secret", async () => {
    const judged: Judged[] = [];
    // oxlint-disable-next-line no-await-in-loop -- one text after the other
    for (const sample of CORPUS) judged.push(await judge(sample));
    const real = judged.filter(({ sample }) => sample.secret !== null);
    const missed = real.filter(({ found }) => !found);
    const falseHits = judged.flatMap(({ extra }) => extra);
    const megabytes = judged.reduce((sum, { sample }) => sum + Buffer.byteLength(sample.text), 0) / 1e6;
    const kinds = ["credential", "pii"].map((kind) => {
      const of = real.filter(({ sample }) => sample.class === kind);
      return `${kind} ${of.filter(({ found }) => found).length} of ${of.length}`;
    });
    // Published next to each other: what they miss, and what they take for a secret that is none.
    process.stderr.write(
      `detectors: found ${kinds.join(", ")}; ${falseHits.length} false hits in ${judged.length - real.length} ` +
        `innocent texts (${Math.round(megabytes * 1000)} kB)\n`,
    );
    const names = missed.map(({ sample }) => sample.text.trim());
    expect(CORPUS.length).toBeGreaterThanOrEqual(200);
    expect({ missed: names, all: real.length }).toSatisfy(() => missed.length <= real.length / 10);
    expect(falseHits.length).toBeLessThanOrEqual(Math.ceil((judged.length - real.length) / 50));
  });
});
