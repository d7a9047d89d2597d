import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { fromBase64, fromHex, toBase64 } from "../../core/base64.ts";

describe("fromBase64()", () => {
  it("reads what toBase64() writes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
      { seed: 7 },
    );
  });

  it("reads no value in two spellings", () => {
    fc.assert(
      fc.property(fc.base64String(), fc.string({ maxLength: 3 }), (good, more) => {
        const read = fromBase64(good + more);
        expect(read === null || toBase64(read) === good + more).toBe(true);
      }),
      { seed: 7 },
    );
  });

  test.for(["YQ", "YQ=", "YR==", "Y Q==", "YQ==\n", "-_==", "YQ==YQ==", "*"])("refuses %j", (spelled) => {
    expect(fromBase64(spelled)).toBeNull();
  });
});

describe("fromHex()", () => {
  test.for([["00ff", [0, 255]], ["", []], ["0", null], ["0G", null], ["FF", null], ["0x", null]] as const)(
    "%j",
    ([spelled, bytes]) => expect(fromHex(spelled)).toEqual(bytes === null ? null : Uint8Array.from(bytes)),
  );
});
