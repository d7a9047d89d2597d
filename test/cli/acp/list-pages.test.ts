import { describe, expect, it, test } from "vitest";
import { pageFrom, readCursor } from "../../../cli/acp/list-pages.ts";

const ALL = Array.from({ length: 120 }, (_, at) => at);

describe("pageFrom()", () => {
  it("leads from page to page to the end", () => {
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const page: ReturnType<typeof pageFrom<number>> = pageFrom(readCursor(cursor), ALL);
      seen.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    expect(seen).toEqual(ALL);
  });

  it("has no page behind one that is just full", () => {
    expect(pageFrom(0, ALL.slice(0, 50))).toEqual({ items: ALL.slice(0, 50), next: null });
  });
});

describe("readCursor()", () => {
  test.for(["", "p50", "cDE", "cC01MA", "cDUwMDAwMDAwMA", "xxxxxxxx"])(
    "refuses %j, which is none of ours",
    (cursor) =>
      expect(() => readCursor(cursor)).toThrow(expect.objectContaining({
        data: expect.objectContaining({ code: "CURSOR_INVALID" }),
      })),
  );
});
