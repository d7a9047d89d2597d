import { describe, expect, test } from "vitest";
import { textOf } from "../../../session/http/text-of.ts";

describe("textOf()", () => {
  test.for(
    [
      ["UTF-8 without a word about it", Buffer.from("grün 🙂"), "", false, "grün 🙂"],
      ["UTF-8 under a wrong type", Buffer.from("grün"), "image/png", false, "grün"],
      ["Latin 1", Buffer.from("grün", "latin1"), "text/plain; charset=ISO-8859-1", false, "grün"],
      ["UTF-16", Buffer.from("grün", "utf16le"), 'text/plain;charset="utf-16le"', false, "grün"],
      ["an unknown charset", Buffer.from("grün"), "text/plain; charset=klingon", false, "grün"],
      ["a cut character at the end of a cut body", Buffer.from("ab🙂").subarray(0, 4), "", true, "ab"],
      ["nothing", Buffer.alloc(0), "", false, ""],
      ["a cut character at the end of a whole body", Buffer.from("ab🙂").subarray(0, 4), "", false, null],
      ["bytes that are not text", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe]), "text/plain", false, null],
      ["text with zero bytes", Buffer.from("a\0b"), "text/plain", false, null],
    ] as const,
  )("reads %s", ([, body, type, cut, expected]) => expect(textOf(body, type, cut)).toBe(expected));
});
