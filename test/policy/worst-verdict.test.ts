import { describe, expect, it } from "vitest";
import type { Verdict } from "../../core/mod.ts";
import { compareVerdicts, worstVerdict } from "../../policy/worst-verdict.ts";

function verdict(decision: Verdict["decision"], layer: Verdict["layer"], rule: string | null): Verdict {
  return {
    decision,
    layer,
    rule,
    reason: "",
    obligations: { redact: [], max_bytes: null },
    approval: null,
    granted: null,
    hint: null,
  };
}

describe("worstVerdict()", () => {
  const ordered: readonly Verdict[] = [
    verdict("deny", "floor", "floor.z"),
    verdict("deny", "system", "z"),
    verdict("deny", "user", "z"),
    verdict("deny", "project", "a"),
    verdict("deny", "project", "b"),
    verdict("deny", "skill", "skill.permissions"),
    verdict("deny", "session", "session.read-only"),
    verdict("deny", null, null),
    verdict("requires_approval", "floor", "floor.taint"),
    verdict("allow_with_redaction", "project", "a"),
    verdict("allow", "system", "a"),
  ];

  it("reports the severest, then by layer, then by rule id; a default deny after those that a rule made", () => {
    for (const [at, worst] of ordered.entries()) {
      const rest = ordered.slice(at);
      expect(worstVerdict(rest)).toBe(worst);
      expect(worstVerdict(rest.toReversed())).toBe(worst);
    }
    expect(ordered.toReversed().toSorted(compareVerdicts)).toEqual(ordered);
  });

  it("reports the first of equals, and refuses to decide a call without actions", () => {
    const [one, two] = [verdict("allow", "project", "a"), verdict("allow", "project", "a")];
    expect(worstVerdict([one, two])).toBe(one);
    expect(() => worstVerdict([])).toThrow(expect.objectContaining({ code: "REQUEST_INVALID" }));
  });
});
