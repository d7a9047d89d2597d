import { describe, expect, it } from "vitest";
import { createUnderWay } from "../../../../cli/commands/chat/under-way.ts";
import type { SessionEvent } from "../../../../session/mod.ts";

function output(text: string): SessionEvent {
  return { type: "tool_output", call: "call_x", text } as unknown as SessionEvent;
}

describe("createUnderWay()", () => {
  it("says nothing of what is quick, and then what it is and for how long", () => {
    let now = 0;
    const underWay = createUnderWay(() => now, () => 80);
    underWay.start("thinking");
    now = 999;
    expect(underWay.lines()).toEqual([]);
    now = 3_500;
    expect(underWay.lines()).toEqual([expect.stringMatching(/^thinking\s+3 s {2}\(Ctrl\+C stops\)$/)]);
    underWay.stop();
    expect(underWay.lines()).toEqual([]);
  });

  it("counts no second in which a person was asked", () => {
    let now = 0;
    const underWay = createUnderWay(() => now, () => 80);
    underWay.start("thinking");
    const goOn = underWay.pause();
    now = 60_000;
    goOn();
    now = 60_500;
    expect(underWay.lines()).toEqual([]);
  });

  it("shows the last lines of a command, the unfinished one too, with nothing that a terminal acts on", () => {
    let now = 0;
    const underWay = createUnderWay(() => now, () => 80);
    underWay.start("Run make");
    underWay.take(output("one\ntwo\nthr"));
    underWay.take(output("ee\u001b[2J"));
    now = 2_000;
    const lines = underWay.lines();
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe("  two");
    expect(lines[1]).toMatch(/^ {2}three/);
    // oxlint-disable-next-line no-control-regex
    expect(lines.join("\n")).not.toMatch(/\u001b/);
  });
});
