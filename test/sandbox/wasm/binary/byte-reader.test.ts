import { describe, expect, it, test } from "vitest";
import { ByteReader } from "../../../../sandbox/wasm/binary/byte-reader.ts";
import { ByteWriter } from "../../../../sandbox/wasm/binary/byte-writer.ts";

function reader(...bytes: readonly number[]): ByteReader {
  return new ByteReader(new Uint8Array(bytes));
}

const FORMAT = expect.objectContaining({ code: "WASM_FORMAT" });

describe("ByteReader", () => {
  test.for(
    [
      ["one byte", [0x05], 5],
      ["two bytes", [0x80, 0x01], 128],
      ["the largest", [0xff, 0xff, 0xff, 0xff, 0x0f], 0xffff_ffff],
      ["zero with padding", [0x80, 0x80, 0x80, 0x80, 0x00], 0],
    ] as const,
  )("reads an unsigned number: %s", ([, bytes, value]) => expect(reader(...bytes).u32()).toBe(value));
  test.for(
    [
      ["a sixth byte", [0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
      ["bits beyond 32", [0xff, 0xff, 0xff, 0xff, 0x1f]],
      ["an end in the middle", [0x80]],
      ["nothing", []],
    ] as const,
  )("refuses an unsigned number with %s", ([, bytes]) => expect(() => reader(...bytes).u32()).toThrow(FORMAT));
  test.for(
    [
      [[0x40], -64],
      [[0x7f], -1],
      [[0x00], 0],
      [[0x80, 0x01], 128],
      [[0xff, 0xff, 0xff, 0xff, 0x0f], 2 ** 32 - 1],
      [[0x80, 0x80, 0x80, 0x80, 0x70], -(2 ** 32)],
    ] as const,
  )("reads the type of a block: %j", ([bytes, value]) => expect(reader(...bytes).s33()).toBe(value));
  test.for([[0x80, 0x80, 0x80, 0x80, 0x20], [0x80, 0x80, 0x80, 0x80, 0x5f], [0x80, 0x80, 0x80, 0x80, 0x80, 0x00]])(
    "refuses bits beyond the type of a block: %j",
    (bytes) => expect(() => reader(...bytes).s33()).toThrow(FORMAT),
  );
  it("passes over signed numbers of their width only", () => {
    reader(0xff, 0xff, 0xff, 0xff, 0x7f).skipSigned(32);
    reader(0x80, 0x80, 0x80, 0x80, 0x78).skipSigned(32);
    expect(() => reader(0xff, 0xff, 0xff, 0xff, 0x4f).skipSigned(32)).toThrow(FORMAT);
    expect(() => reader(0xff, 0xff, 0xff, 0xff, 0xff, 0x7f).skipSigned(32)).toThrow(FORMAT);
    reader(...Array.from({ length: 9 }, () => 0xff), 0x7f).skipSigned(64);
    expect(() => reader(...Array.from({ length: 9 }, () => 0xff), 0x01).skipSigned(64)).toThrow(FORMAT);
  });
  it("reserves nothing for a count that nothing follows", () => {
    expect(() => reader(0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2).count()).toThrow(FORMAT);
  });
  it("refuses a name that is not UTF-8 or too long", () => {
    expect(reader(2, 0x61, 0x62).name()).toBe("ab");
    expect(() => reader(2, 0xc3, 0x28).name()).toThrow(FORMAT);
    expect(() => reader(3, 0x61, 0x62).name()).toThrow(FORMAT);
  });
  it("reads what the writer wrote", () => {
    for (const value of [0, 1, 127, 128, 16_383, 16_384, 2 ** 28, 2 ** 31, 2 ** 32 - 1]) {
      expect(new ByteReader(new ByteWriter().u32(value).done()).u32()).toBe(value);
    }
    for (const value of [0, -1, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31)]) {
      expect(new ByteReader(new ByteWriter().s32(value).done()).s33()).toBe(value);
    }
  });
});
