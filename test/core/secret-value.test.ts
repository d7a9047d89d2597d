import { describe, expect, test } from "vitest";
import { checkSecretValue, weaknessOf } from "../../core/secret-value.ts";
import { codeOf, utf8 } from "../support/core-rig.ts";

describe("checkSecretValue()", () => {
  test.for(
    [
      ["abcd1234", null],
      ["abcdefg", "SECRET_TOO_SHORT"],
      ["", "SECRET_TOO_SHORT"],
      ["a b c d e f g ", "SECRET_TOO_SHORT"],
      ["abc\u200b\u200b\u200b\u200b\u200b", "SECRET_TOO_SHORT"],
      ["abcabcabcabc", "SECRET_TOO_SHORT"],
      ["abcdabcd", null],
      ["é".repeat(4), "SECRET_TOO_SHORT"],
      ["x".repeat(65_537), "SECRET_INVALID"],
    ] as const,
  )("%j: %j", ([value, code]) => expect(codeOf(() => checkSecretValue(utf8(value), "x"))).toBe(code));
});

describe("weaknessOf()", () => {
  test.for(
    [
      ["password", /common/],
      ["P4ssw0rd", /common/],
      ["Password123!", /common/],
      ["  sunshine\n", /common/],
      ["x7Kp2mQ9", /fewer than 12/],
    ] as const,
  )("warns of %j", ([value, why]) => expect(weaknessOf(utf8(value))).toMatch(why));

  test.for(["x7Kp2mQ9vB4n", "correct horse battery staple", "fake_0123456789abcdef"])("is content with %j", (value) => {
    expect(weaknessOf(utf8(value))).toBeNull();
  });
});
