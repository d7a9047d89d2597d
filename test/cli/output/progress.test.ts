import { describe, expect, it, test } from "vitest";
import { showProgress } from "../../../cli/output/progress.ts";
import type { Output } from "../../../cli/context.ts";
import type { SessionEvent } from "../../../session/mod.ts";
import { contextIn } from "../../support/context.ts";

function told(event: object): readonly string[] {
  const notes: string[] = [];
  const output: Output = {
    ...contextIn("/nowhere/project", "/nowhere/home").output,
    note: (text: string) => void notes.push(text),
    failure: (failure, why) => void notes.push(`${failure.message} / ${why ?? "-"}`),
  };
  showProgress(output, event as SessionEvent);
  return notes;
}

describe("showProgress()", () => {
  test.for(
    [
      [{ type: "compaction", before: 900, after: 100 }, "(the context was shortened from 900 to 100 tokens)"],
      // A short conversation has a longer summary.
      [{ type: "compaction", before: 3, after: 19 }, "(the conversation was summed up: 19 tokens)"],
      [{ type: "notice", level: "warning", text: "look" }, "warning: look"],
      [{ type: "tool_call", title: "Read a", tainted: true }, "> Read a  (tainted)"],
      // Who stopped it knows: no failure that would want mending.
      [
        { type: "tool_result", error: { code: "CANCELLED", message: "m", hint: null }, redactions: [], changes: [] },
        "  (the call was cancelled)",
      ],
      [
        { type: "tool_result", error: { code: "APPROVAL_REFUSED", message: "m", hint: null }, redactions: [] },
        "  (not done)",
      ],
      [{ type: "result", stop: "time", denied: 0 }, "stopped: the time limit is reached (limits.wall)"],
    ] as const,
  )("%o is %s", ([event, expected]) => expect(told(event)).toEqual([expected]));

  it("says nothing of a prompt that ended, nor again of a model that may not be asked", () => {
    expect(told({ type: "result", stop: "end", denied: 0 })).toEqual([]);
    expect(told({ type: "result", stop: "denied", denied: 0 })).toEqual([]);
    expect(told({ type: "result", stop: "denied", denied: 10 })).toEqual(["stopped: too much was denied"]);
  });
});
