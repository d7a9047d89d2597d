import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { mountsBelow } from "../../../sandbox/process/mounts-below.ts";

function info(...mounts: readonly (readonly [id: number, parent: number, point: string])[]): string {
  return mounts.map(([id, parent, point]) => `${id} ${parent} 0:1 / ${point} rw,relatime - tmpfs none rw\n`).join("");
}

const ROOT = [20, 1, "/"] as const;

describe("mountsBelow()", () => {
  test.for(
    [
      ["none where nothing is mounted", info(ROOT, [21, 20, "/proc"]), []],
      ["those below, and below them", info(ROOT, [21, 20, "/usr/local"], [22, 21, "/usr/local/lib"]), [
        "/usr/local",
        "/usr/local/lib",
      ]],
      ["not the folder itself", info(ROOT, [21, 20, "/usr"], [22, 21, "/usr/share"]), ["/usr/share"]],
      ["not a neighbour of that name", info(ROOT, [21, 20, "/usr2"], [22, 20, "/us"]), []],
      ["none below a mount that lies over it", info(ROOT, [21, 20, "/usr/share/man"], [22, 20, "/usr"]), []],
      ["none that a mount above it hides", info(ROOT, [21, 20, "/usr/share/man"], [22, 20, "/usr/share"]), [
        "/usr/share",
      ]],
      ["one on top of another once", info(ROOT, [21, 20, "/usr/share"], [22, 21, "/usr/share"]), ["/usr/share"]],
      [
        "those of the upper of two",
        info(ROOT, [21, 20, "/usr"], [22, 21, "/usr"], [23, 21, "/usr/a"], [24, 22, "/usr/b"]),
        [
          "/usr/b",
        ],
      ],
      ["names with blanks as they are", info(ROOT, [21, 20, "/usr/a\\040b\\134"]), ["/usr/a b\\"]],
      ["nothing in what is no such text", "x\n\n1 2\n", []],
      ["nothing in a circle", info([20, 21, "/"], [21, 20, "/usr"]), []],
    ] as const,
  )("gives %s", ([, text, expected]) => {
    expect(mountsBelow(text, "/usr")).toEqual(expected);
  });

  it("reads what this machine says", () => {
    expect(mountsBelow(readFileSync("/proc/self/mountinfo", "utf8"), "/")).toContain("/proc");
  });
});
