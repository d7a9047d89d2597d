import { describe, expect, test } from "vitest";
import { readPrompt } from "../../../cli/acp/prompt-in.ts";

function pathOf(uri: string): string | null | undefined {
  const [part] = readPrompt([{ type: "resource_link", uri, name: "x" }]).parts;
  return part?.path;
}

describe("readPrompt()", () => {
  test.for(
    [
      ["file:///a/b%20c.ts", "/a/b c.ts"],
      ["file://localhost/a", "/a"],
      ["file://elsewhere/a", null],
      ["https://example.com/a", null],
      ["file:///a%2fb", null],
      ["file:///a%00.ts", null],
      ["no address", null],
    ] as const,
  )("takes %s for the path %s", ([uri, path]) => expect(pathOf(uri)).toBe(path));
});
