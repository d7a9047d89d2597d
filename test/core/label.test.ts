import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUntrusted, joinLabels, type Label, labelOf, MAX_SOURCES, USER_LABEL } from "../../core/label.ts";
import { CLASSIFICATIONS, TRUST_LABELS } from "../../core/words.ts";

const labels: fc.Arbitrary<Label> = fc.record({
  trust: fc.subarray([...TRUST_LABELS], { minLength: 1 }),
  classes: fc.subarray([...CLASSIFICATIONS]),
  sources: fc.array(fc.string({ maxLength: 3 }), { maxLength: 40 }),
});

describe("joinLabels()", () => {
  it("forgets no origin and no class, in any order", () => {
    fc.assert(
      fc.property(fc.array(labels, { maxLength: 6 }), (list) => {
        const joined = joinLabels(list);
        for (const label of list) {
          expect(joined.trust).toEqual(expect.arrayContaining([...label.trust]));
          expect(joined.classes).toEqual(expect.arrayContaining([...label.classes]));
        }
        const turned = joinLabels(list.toReversed());
        expect([turned.trust, turned.classes]).toEqual([joined.trust, joined.classes]);
        expect(joined.sources.length).toBeLessThanOrEqual(MAX_SOURCES);
      }),
      { seed: 7 },
    );
  });

  it("is idempotent but for a cut list of sources", () => {
    const label = labelOf("file", ["secret"], "a");
    expect(joinLabels([label, label])).toEqual(label);
  });

  it("says that there were more sources", () => {
    const many = Array.from({ length: 40 }, (_, i) => labelOf("file", [], `f${i}`));
    expect(joinLabels(many).sources).toHaveLength(MAX_SOURCES);
    expect(joinLabels(many).sources.at(-1)).toBe("+more");
  });

  it("gives trusted text of our own for nothing", () => {
    expect(joinLabels([])).toEqual({ trust: ["core"], classes: [], sources: [] });
  });
});

describe("isUntrusted()", () => {
  it("trusts only the person, policy and ourselves", () => {
    for (const word of TRUST_LABELS) {
      expect(isUntrusted(labelOf(word))).toBe(!["user", "policy", "core"].includes(word));
    }
    expect(isUntrusted(USER_LABEL)).toBe(false);
    expect(isUntrusted(joinLabels([USER_LABEL, labelOf("file")]))).toBe(true);
  });
});

describe("labelOf()", () => {
  it("takes unlabelled data for private", () => expect(labelOf("tool").classes).toEqual(["private"]));
});
