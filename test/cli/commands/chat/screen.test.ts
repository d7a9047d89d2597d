import { describe, expect, it, test } from "vitest";
import { createTally, type StatusFacts } from "../../../../cli/commands/chat/screen.ts";

const FACTS: StatusFacts = { mode: "ask", grants: 3, auditFailed: false, tainted: false, cells: 100 };

function tally(name = "llama3.2"): ReturnType<typeof createTally> {
  const created = createTally();
  created.model("ollama", name, "local");
  created.take({ type: "usage", input: 5, output: 1, context: { used: 12_000, size: 128_000 } });
  return created;
}

describe("createTally()", () => {
  it("says model, mode, grants, context, taint and record in one line", () => {
    expect(tally().status(FACTS)).toBe("llama3.2 local | ask | 3 grants | 12k/128k | audit ok");
    expect(tally().status({ ...FACTS, grants: 1, tainted: true })).toBe(
      "llama3.2 local | ask | 1 grant | 12k/128k | tainted | audit ok",
    );
  });

  test.for(
    [
      [50, "llama3.2 local | ask | 12k/128k | tainted | audit ok"],
      [44, "llama3.2 local | ask | tainted | audit ok"],
      [36, "llama3.2 local | ask | tainted"],
      [24, "llama3.… | ask | tainted"],
    ] as const,
  )("leaves out what matters least in %i cells, never that it is tainted", ([cells, line]) => {
    expect(tally().status({ ...FACTS, tainted: true, cells: Math.max(cells, line.length) })).toBe(line);
    expect(tally().status({ ...FACTS, tainted: true, cells }).length).toBeLessThanOrEqual(Math.max(cells, line.length));
  });

  it("never leaves out that the record failed", () => {
    const line = tally("a-model-with-a-very-long-name").status({
      ...FACTS,
      auditFailed: true,
      tainted: true,
      cells: 39,
    });
    expect(line).toMatch(/ \| ask \| tainted \| AUDIT FAILED$/);
    expect(line.length).toBeLessThanOrEqual(39);
  });
});
