import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { SkillsError } from "../../skills/errors.ts";
import { packArchive } from "../../skills/pack-archive.ts";
import type { PackageFile } from "../../skills/stages.ts";
import { checkArchive, unpackArchive } from "../../skills/unpack-archive.ts";
import { textFile } from "./sample-skill.ts";

function codeOf(archive: Uint8Array): string {
  try {
    unpackArchive(archive);
    return "ok";
  } catch (cause) {
    if (cause instanceof SkillsError) return cause.code;
    throw cause;
  }
}

/** A header as any tar program may write it; `set` overwrites bytes, then the checksum is made right. */
function entry(
  path: string,
  options: { readonly size?: number; readonly set?: Readonly<Record<number, string>>; readonly body?: Uint8Array } = {},
): Uint8Array {
  const body = options.body ?? new Uint8Array(options.size ?? 0);
  const block = packArchive([{ path: "x", bytes: body, exec: false }]);
  block.fill(0, 0, 100);
  Buffer.from(path, "latin1").copy(block, 0);
  for (const [at, text] of Object.entries(options.set ?? {})) Buffer.from(text, "latin1").copy(block, Number(at));
  return block.subarray(0, resum(block).length - 1024);
}

function resum(archive: Uint8Array, at = 0): Uint8Array {
  const block = archive.subarray(at, at + 512);
  block.fill(32, 148, 156);
  const sum = block.reduce((all, byte) => all + byte, 0);
  Buffer.from(`${sum.toString(8).padStart(6, "0")}\0 `, "latin1").copy(block, 148);
  return archive;
}

function tar(...entries: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat([...entries, new Uint8Array(1024)]));
}

const TWO: readonly PackageFile[] = [
  textFile("SKILL.md", "a"),
  { path: "scripts/run.sh", bytes: new Uint8Array(600).fill(7), exec: true },
];

describe("unpackArchive()", () => {
  it("gives back what was packed", () => {
    const archive = packArchive(TWO.toReversed());
    expect(unpackArchive(archive)).toEqual(TWO);
    expect(archive.length).toBe(512 * 2 + 512 * 3 + 1024);
  });

  const name = fc.stringMatching(/^[A-Za-z0-9_@+][A-Za-z0-9_@+-]{0,8}$/).filter((text) =>
    !/^(?:con|prn|aux|nul|com\d|lpt\d)$/i.test(text)
  );
  const file = fc.record({
    path: fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `d/${parts.join("/")}.txt`),
    bytes: fc.uint8Array({ maxLength: 1_500 }),
    exec: fc.boolean(),
  });
  const files = fc.uniqueArray(file, { maxLength: 6, selector: ({ path }) => path.toLowerCase() });

  it("pack(unpack(x)) = x", () => {
    fc.assert(
      fc.property(files, (some) => {
        const archive = packArchive(some);
        const unpacked = unpackArchive(archive);
        expect(packArchive(unpacked)).toEqual(archive);
        expect(unpacked.length).toBe(some.length);
      }),
      { seed: 8, numRuns: 80 },
    );
  });

  it("takes no second spelling: every flipped bit is refused or gives other files, none crashes", () => {
    const archive = packArchive(TWO);
    const before = JSON.stringify(TWO.map(({ path, bytes, exec }) => [path, [...bytes], exec]));
    for (let at = 0; at < archive.length; at++) {
      for (const bit of [1, 32, 128]) {
        const mutated = archive.slice();
        mutated[at] = (mutated[at] ?? 0) ^ bit;
        const { files: read, findings } = checkArchive(mutated);
        if (findings.length > 0) continue;
        expect(JSON.stringify(read.map(({ path, bytes, exec }) => [path, [...bytes], exec]))).not.toBe(before);
      }
    }
  });

  it("survives any header at all", () => {
    const archive = packArchive(TWO);
    fc.assert(
      fc.property(fc.nat(511), fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.boolean(), (at, bytes, sum) => {
        const mutated = archive.slice();
        mutated.set(bytes.subarray(0, 512 - at), at);
        if (sum) resum(mutated);
        expect(codeOf(mutated)).toMatch(/^[A-Z_]+$|^ok$/);
      }),
      { seed: 8, numRuns: 500 },
    );
  });

  test.for(
    [
      ["nothing", new Uint8Array(), "ARCHIVE"],
      ["half a block", new Uint8Array(256), "ARCHIVE"],
      ["no end", packArchive(TWO).subarray(0, 512 * 2), "ARCHIVE"],
      ["half an end", packArchive(TWO).subarray(0, 512 * 6), "ARCHIVE"],
      ["a cut file", packArchive(TWO).subarray(0, 512 * 3), "ARCHIVE"],
      ["a gzip", Uint8Array.from([0x1f, 0x8b, ...new Uint8Array(2_000)]), "ARCHIVE"],
      ["a longer end", tar(entry("a"), new Uint8Array(512)), "NOT_CANONICAL"],
      ["data after the end", Uint8Array.from([...tar(entry("a")), 1]), "NOT_CANONICAL"],
      ["another archive after the end", Uint8Array.from([...tar(entry("a")), ...tar(entry("b"))]), "NOT_CANONICAL"],
      ["a wrong checksum", Uint8Array.from(tar(entry("a")), (byte, at) => at === 0 ? 0x62 : byte), "ARCHIVE"],
      ["an old header", tar(entry("a", { set: { 257: "\0\0\0\0\0\0\0\0" } })), "ARCHIVE"],
      ["the magic of GNU", tar(entry("a", { set: { 257: "ustar  \0" } })), "NOT_CANONICAL"],
      ["another order", tar(entry("b"), entry("a")), "NOT_CANONICAL"],
      ["an owner", tar(entry("a", { set: { 108: "0001750" } })), "NOT_CANONICAL"],
      ["the name of an owner", tar(entry("a", { set: { 265: "root" } })), "NOT_CANONICAL"],
      ["a time", tar(entry("a", { set: { 136: "14705010000" } })), "NOT_CANONICAL"],
      ["another mode", tar(entry("a", { set: { 100: "0000600" } })), "NOT_CANONICAL"],
      ["a mode with setuid", tar(entry("a", { set: { 100: "0004755" } })), "NOT_CANONICAL"],
      ["a prefix", tar(entry("a", { set: { 345: "etc" } })), "NOT_CANONICAL"],
      ["a name after the end of the name", tar(entry("a", { set: { 50: "x" } })), "NOT_CANONICAL"],
      ["a type of long ago", tar(entry("a", { set: { 156: "\0" } })), "NOT_CANONICAL"],
      ["a target of a link", tar(entry("a", { set: { 157: "/etc/passwd" } })), "NOT_CANONICAL"],
      ["padding", Uint8Array.from(tar(entry("a", { size: 1 })), (byte, at) => at === 600 ? 1 : byte), "NOT_CANONICAL"],
      ["spaces for a number", tar(entry("a", { set: { 124: "          0\0" } })), "NOT_CANONICAL"],
      ["a size in base 256", tar(entry("a", { set: { 124: "\x80\0\0\0\0\0\0\0\0\0\0\0" } })), "ARCHIVE"],
      ["an owner in base 256", tar(entry("a", { set: { 108: "\x80\0\0\0\0\0\0\x01" } })), "ARCHIVE"],
      ["a size that is no number", tar(entry("a", { set: { 124: "0000000000x\0" } })), "ARCHIVE"],
      ["a length past the end", tar(entry("a", { set: { 124: "00000010000\0" } })), "ARCHIVE"],
      ["a file of 16 MiB and one byte", tar(entry("a", { set: { 124: "00100000001\0" } })), "SIZE_LIMIT"],
      ["a header that claims 8 GiB", tar(entry("a", { set: { 124: "77777777777\0" } })), "SIZE_LIMIT"],
      ["a SKILL.md of 64 KiB and one byte", tar(entry("SKILL.md", { size: 65_537 })), "SIZE_LIMIT"],
      ["a manifest of 256 KiB and one byte", tar(entry("azs-manifest.json", { size: 262_145 })), "SIZE_LIMIT"],
      [
        "513 files",
        tar(...Array.from({ length: 513 }, (_, i) => entry(`f${String(i).padStart(3, "0")}`))),
        "SIZE_LIMIT",
      ],
      ["a folder", tar(entry("a", { set: { 156: "5" } })), "ENTRY_TYPE"],
      ["a symbolic link", tar(entry("a", { set: { 156: "2", 157: "/etc/passwd" } })), "ENTRY_TYPE"],
      ["a hard link", tar(entry("a", { set: { 156: "1", 157: "b" } })), "ENTRY_TYPE"],
      ["a device", tar(entry("a", { set: { 156: "3" } })), "ENTRY_TYPE"],
      ["a FIFO", tar(entry("a", { set: { 156: "6" } })), "ENTRY_TYPE"],
      ["a PAX header", tar(entry("a", { set: { 156: "x" } })), "ENTRY_TYPE"],
      ["a long name of GNU", tar(entry("a", { set: { 156: "L" } })), "ENTRY_TYPE"],
      ["the same twice", tar(entry("a"), entry("a")), "ENTRY_DUP"],
      ["names that differ in case", tar(entry("README.md"), entry("readme.md")), "PATH_COLLISION"],
      ["a file and a folder", tar(entry("a"), entry("a/b")), "PATH_COLLISION"],
      ["a file and a folder in another case", tar(entry("A"), entry("a/b")), "PATH_COLLISION"],
    ] as const,
  )("refuses %s", ([, archive, code]) => expect(codeOf(archive)).toBe(code));

  test.for([
    "",
    "/a",
    "../a",
    "a/../b",
    "./a",
    "a//b",
    "a/",
    ".env",
    "a/.git/config",
    "-rf",
    "a/-x",
    "a b",
    "a\tb",
    "a\nb",
    "a\\b",
    "C:a",
    "a:b",
    "a.",
    "a./b",
    "con",
    "CON.txt",
    "a/nul",
    "com1.md",
    "lpt9",
    "node_modules/x",
    "a/node_modules/x",
    "\xe9",
    "a*",
    "a%2fb",
    "~a",
    "1/2/3/4/5/6/7/8/9",
  ])("refuses the path %j", (path) => expect(codeOf(tar(entry(path)))).toBe("PATH_UNSAFE"));

  test.for(["a", "A-1_b@c+d.e", "1/2/3/4/5/6/7/8", "a".repeat(100), "console", "clock.md", "a..b", "x/package.json"])(
    "takes the path %j",
    (path) => expect(codeOf(tar(entry(path)))).toBe("ok"),
  );

  it("takes what is as large as it may be", () => {
    expect(codeOf(tar(entry("a", { size: 16_777_216 })))).toBe("ok");
    expect(codeOf(tar(...Array.from({ length: 512 }, (_, i) => entry(`f${String(i).padStart(3, "0")}`))))).toBe("ok");
  });

  it("refuses 64 MiB and one block before it looks at them", () => {
    expect(codeOf(new Uint8Array(67_108_864 + 512))).toBe("SIZE_LIMIT");
  });

  it("finds everything that is wrong with names at once", () => {
    const { findings } = checkArchive(tar(entry("../a"), entry(".env"), entry("b", { set: { 156: "2" } })));
    expect(findings.map(({ code, path }) => [code, path])).toEqual([
      ["PATH_UNSAFE", "../a"],
      ["PATH_UNSAFE", ".env"],
      ["ENTRY_TYPE", "b"],
      ["NOT_CANONICAL", "b"],
    ]);
  });
});
