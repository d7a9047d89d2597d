import { describe, expect, test } from "vitest";
import { parseExpiry } from "../../../../cli/commands/vault/set.ts";
import { codeOf } from "../../../support/core-rig.ts";

const NOW = Date.UTC(2031, 0, 1);

describe("parseExpiry()", () => {
  test.for<readonly [string | undefined, number | undefined]>([
    [undefined, undefined],
    ["2031-12-31", Date.parse("2031-12-31T23:59:59.999Z")],
    ["2032-02-29", Date.parse("2032-02-29T23:59:59.999Z")],
    ["2031-06-01T12:00:00Z", Date.parse("2031-06-01T12:00:00Z")],
    ["2031-06-01T12:00+02:00", Date.parse("2031-06-01T10:00:00Z")],
  ])("reads %j", ([text, expected]) => expect(parseExpiry(text, NOW)).toBe(expected));

  test.for(["", "tomorrow", "2030-12-31", "2031-02-30", "2031-13-01", "2031-1-1", "31.12.2031", "2031-12-31 ", "1e12"])(
    "refuses %j",
    (text) => expect(codeOf(() => parseExpiry(text, NOW))).toBe("USAGE"),
  );
});
