import { describe, expect, test } from "vitest";
import { formatSlot, parseSlot } from "../../core/slot.ts";
import { codeOf } from "../support/core-rig.ts";

describe("parseSlot()", () => {
  test.for(
    [
      ["bearer", "bearer"],
      ["basic:me@example.org", "basic:me@example.org"],
      ["header:X-Api-Key", "header:x-api-key"],
      ["env:GH_TOKEN", "env:GH_TOKEN"],
      [`component:b2:${"0".repeat(64)}`, `component:b2:${"0".repeat(64)}`],
    ] as const,
  )("reads %j", ([spelled, expected]) => expect(formatSlot(parseSlot(spelled))).toBe(expected));

  test.for([
    "",
    "Bearer",
    "bearer:",
    "basic:",
    "basic:a:b",
    "basic:a b",
    "header:",
    "header:a b",
    "header:a\r\nb",
    "header:Host",
    "header:content-length",
    "header:Transfer-Encoding",
    "env:",
    "env:1A",
    "env:A-B",
    "env:PATH",
    "env:LD_PRELOAD",
    "env:DYLD_INSERT_LIBRARIES",
    "env:NODE_OPTIONS",
    "env:BASH_ENV",
    "component:abc",
    "component:b2:ABC",
    "cookie:x",
    "url",
  ])("refuses %j", (spelled) => expect(codeOf(() => parseSlot(spelled))).toBe("SECRET_PLACE"));
});
