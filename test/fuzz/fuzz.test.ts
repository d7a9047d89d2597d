import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chance, mutate } from "./mutate.ts";
import { FINDINGS, openTarget, TARGET_NAMES } from "./targets-list.ts";

const SCALE = Number(process.env["AZ_SCALE"] ?? "1") || 1;
/** Each of these starts programs or compiles: fewer inputs. */
const SLOW: Readonly<Record<string, number>> = { "acp-lines": 25, component: 20, "trust-file": 60, azlog: 60 };

function findingsOf(name: string): readonly URL[] {
  const folder = new URL(`${name}/`, FINDINGS);
  return existsSync(folder) ? readdirSync(folder).toSorted().map((file) => new URL(file, folder)) : [];
}

describe("readers of foreign bytes", () => {
  it.for(TARGET_NAMES)("%s refuses or understands whatever it is given", async (name) => {
    const target = await openTarget(name);
    try {
      const outcomes = new Set<string>();
      for (const sample of target.samples) outcomes.add(await target.check(sample));
      // Mutation starts from what is understood, else it only ever knocks at the door.
      expect([...outcomes].filter((outcome) => outcome.startsWith("ok")).length).toBeGreaterThan(0);
      for (const file of findingsOf(name)) await target.check(new Uint8Array(readFileSync(file)));
      const below = chance(20_251_120);
      const soil = { pool: target.samples, words: target.words };
      for (let left = (SLOW[name] ?? 250) * SCALE; left > 0; left--) {
        const input = mutate(below, soil);
        try {
          outcomes.add(await target.check(input));
        } catch (cause) {
          throw new Error(`input ${Buffer.from(input.subarray(0, 2_000)).toString("base64")}`, { cause });
        }
      }
      expect(outcomes.size, `${name}: ${[...outcomes].join(" | ")}`).toBeGreaterThan(1);
    } finally {
      target.close?.();
    }
  });
});
