import { describe, expect, it } from "vitest";
import { createLiveRegion, type LiveRegion } from "../../../cli/term/live-region.ts";

/** A terminal of a few lines: applies what the region writes, as far as it writes it. */
class Screen {
  columns = 20;
  rows = 24;
  lines: string[] = [""];
  row = 0;
  column = 0;
  writes = 0;

  write(text: string): void {
    this.writes++;
    // oxlint-disable-next-line no-control-regex
    for (const [part] of text.matchAll(/\u001b\[(\d*)([ACHJ])|\r|\n|[^\u001b\r\n]+/g)) this.#apply(part);
  }

  #apply(part: string): void {
    // oxlint-disable-next-line no-control-regex
    const [, count = "", letter] = /^\u001b\[(\d*)([ACHJ])$/.exec(part) ?? [];
    if (part === "\r") this.column = 0;
    else if (part === "\n") this.#down();
    else if (letter === "A") this.row = Math.max(0, this.row - Number(count));
    else if (letter === "C") this.column += Number(count);
    else if (letter === "H") [this.row, this.column] = [Math.max(0, this.lines.length - this.rows), 0];
    else if (letter === "J") {
      this.lines = [...this.lines.slice(0, this.row), (this.lines[this.row] ?? "").slice(0, this.column)];
    } else {
      for (const char of part) {
        if (this.column >= this.columns) {
          this.column = 0;
          this.#down();
        }
        const line = (this.lines[this.row] ?? "").padEnd(this.column);
        this.lines[this.row] = line.slice(0, this.column) + char + line.slice(this.column + 1);
        this.column++;
      }
    }
  }

  #down(): void {
    this.row++;
    this.lines[this.row] ??= "";
  }
}

function open(): { screen: Screen; region: LiveRegion } {
  const screen = new Screen();
  const region = createLiveRegion({
    write: (text) => screen.write(text),
    columns: () => screen.columns,
    rows: () => screen.rows,
  });
  return { screen, region };
}

const INPUT = { lines: ["> hi", "status"], row: 0, column: 4 };

describe("createLiveRegion()", () => {
  it("prints the transcript above what changes, each line once", () => {
    const { screen, region } = open();
    region.input(INPUT);
    region.print("one\n");
    region.top(["working"]);
    region.print("two\nthree\n");
    expect(screen.lines).toEqual(["one", "two", "three", "working", "> hi", "status"]);
    expect([screen.row, screen.column]).toEqual([4, 4]);
    region.top([]);
    region.input(null);
    expect(screen.lines.slice(0, 3)).toEqual(["one", "two", "three"]);
    expect(screen.lines.slice(3).join("")).toBe("");
  });

  it("takes a third of the screen at most, the input first", () => {
    const { screen, region } = open();
    screen.rows = 12;
    region.input(INPUT);
    region.top(["a", "b", "c", "d"]);
    expect(screen.lines).toEqual(["c", "d", "> hi", "status"]);
  });

  it("cuts lines to the width, so that none wraps", () => {
    const { screen, region } = open();
    region.top(["x".repeat(50)]);
    expect(screen.lines).toEqual([`${"x".repeat(18)}…`]);
  });

  it("writes once a change, and not at all when nothing changed", () => {
    const { screen, region } = open();
    region.input(INPUT);
    const before = screen.writes;
    region.input(INPUT);
    region.top([]);
    expect(screen.writes).toBe(before);
    region.print("line\n");
    expect(screen.writes).toBe(before + 1);
  });

  it("leaves the screen to somebody else while it is hidden", () => {
    const { screen, region } = open();
    region.input(INPUT);
    const show = region.hide();
    screen.write("question\r\n");
    region.top(["progress"]);
    expect(screen.lines).toEqual(["question", ""]);
    show();
    show();
    expect(screen.lines).toEqual(["question", "progress", "> hi", "status"]);
  });

  it("begins at the top of a blank screen, and the transcript is only scrolled away", () => {
    const { screen, region } = open();
    screen.rows = 5;
    for (const line of ["one", "two", "three", "four", "five"]) region.print(`${line}\n`);
    region.input({ lines: ["> hi"], row: 0, column: 4 });
    region.fresh();
    expect(screen.lines.slice(0, 5)).toEqual(["one", "two", "three", "four", "five"]);
    expect(screen.lines.slice(-screen.rows)).toEqual(["> hi", "", "", "", ""]);
    expect([screen.row, screen.column]).toEqual([5, 4]);
  });

  it("clears the lines that a narrower window wrapped", () => {
    const { screen, region } = open();
    region.print("kept\n");
    region.input({ lines: ["> 0123456789abcde", "s"], row: 0, column: 17 });
    // The terminal rewraps by itself: one line became two, the cursor stands on the second.
    screen.columns = 10;
    screen.lines = ["kept", "> 01234567", "89abcde", "s"];
    [screen.row, screen.column] = [2, 7];
    region.resized();
    expect(screen.lines[0]).toBe("kept");
    expect(screen.lines.join("\n")).not.toContain("01234567\n89abcde\n> ");
  });
});
