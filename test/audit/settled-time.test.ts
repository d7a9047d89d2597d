import { describe, expect, it } from "vitest";
import { settledTime } from "../../audit/settled-time.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);

function settled(starts: readonly number[], now: number): number {
  return (settledTime(starts.map((day) => START + day * DAY), START + now * DAY) - START) / DAY;
}

describe("settledTime()", () => {
  it.for<readonly [string, readonly number[], number, number]>([
    ["the present, where sessions were recorded all along", [0, 20, 45, 70], 90, 90],
    ["the present, whatever the order of the files is", [70, 0, 45, 20], 90, 90],
    ["the last time before a clock set forward", [0, 20, 45], 1000, 45],
    ["the same while sessions follow only for some days", [0, 20, 45, 1000, 1003], 1006, 45],
    ["the present again once a week of sessions bears it out", [0, 20, 45, 1000, 1003], 1007, 1007],
    ["the present, whatever was recorded while the clock was ahead", [0, 20, 45, 1000], 60, 60],
    ["one session back, for who starts one every other month", [0, 60, 120, 180], 240, 180],
    ["nothing, in the first days", [0, 2], 5, -Infinity],
    ["nothing, where there is nothing", [], 5, -Infinity],
  ])("is %s", ([, starts, now, expected]) => expect(settled(starts, now)).toBe(expected));
});
