import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { b2, loadSodium } from "../../core/mod.ts";
import { contentChanges } from "../../skills/install/same-content.ts";
import { formatLock, type LockEntry, parseLock } from "../../skills/lock.ts";
import { EMPTY_PERMISSIONS } from "../../skills/permissions.ts";
import { repeatedKey } from "../../skills/repeated-key.ts";
import { parseSource } from "../../skills/sources/reference.ts";
import { skillMd, textFile } from "./sample-skill.ts";

await loadSodium();
const DIGEST = b2("x");

function entry(name: string): LockEntry {
  return {
    fingerprint: DIGEST,
    id: `example-org/${name}`,
    key: `RWQ${"A".repeat(53)}`,
    name,
    package: DIGEST,
    perm: DIGEST,
    permissions: EMPTY_PERMISSIONS,
    profile: "secure",
    root: DIGEST,
    runtime: "none",
    seq: 1,
    sig: DIGEST,
    size: 10,
    source: `./${name}.azs`,
    text: DIGEST,
    version: "1.0.0",
    wasm: null,
    world: null,
  };
}

describe("parseLock()", () => {
  it("reads what formatLock() writes: sorted, indented by two, with a line end", () => {
    const bytes = formatLock([entry("b"), entry("a")]);
    const text = new TextDecoder().decode(bytes);
    expect(text).toMatch(/^\{\n {2}"skills": \[\n {4}\{\n {6}"fingerprint": /);
    expect(text.endsWith('  "v": 1\n}\n')).toBe(true);
    expect(parseLock(bytes)).toEqual([entry("a"), entry("b")]);
  });

  test.for(
    [
      ["nothing", ""],
      ["no JSON", "{"],
      ["another version", '{"skills":[],"v":2}'],
      ["a list", "[]"],
      ["an unknown field", '{"skills":[],"v":1,"x":0}'],
      ["a missing field", '{"v":1}'],
      ["a repeated field", '{"skills":[],"v":1,"v":1}'],
      ["a repeated field in another spelling", '{"skills":[],"v":1,"\\u0076":1}'],
      ["a byte order mark", '\ufeff{"skills":[],"v":1}'],
      ["one name twice", JSON.stringify({ skills: [entry("a"), entry("a")], v: 1 })],
      ["a name that is not its id's", JSON.stringify({ skills: [{ ...entry("a"), name: "b" }], v: 1 })],
      ["a signed skill without a key", JSON.stringify({ skills: [{ ...entry("a"), key: null }], v: 1 })],
      ["a key that is none", JSON.stringify({ skills: [{ ...entry("a"), key: "A".repeat(56) }], v: 1 })],
      [
        "an unsigned skill that runs",
        JSON.stringify({
          skills: [{ ...entry("a"), profile: "compat", id: "local/a", key: null, sig: null, runtime: "wasm-sandbox" }],
          v: 1,
        }),
      ],
    ] as const,
  )("refuses %s", ([, text]) => {
    expect(() => parseLock(new TextEncoder().encode(text))).toThrow(expect.objectContaining({ code: "LOCK_INVALID" }));
  });

  it("never throws anything else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(["read", "LOCK_INVALID"]).toContain(outcome(new TextEncoder().encode(text)));
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe("repeatedKey()", () => {
  it("finds a key that stands twice in one object, however deep, and nothing in any other JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, key) => {
        const text = JSON.stringify({ around: [value] });
        expect(repeatedKey(text)).toBeNull();
        const name = JSON.stringify(key);
        expect(repeatedKey(`[${text},{"a":{${name}:1,"${key.length}#":[{}],${name}:${text}}}]`)).toBe(key);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe("contentChanges()", () => {
  const files = [textFile("SKILL.md", skillMd()), textFile("a.md", "a")];

  it("takes another version for the same content, and nothing else", () => {
    const next = [textFile("SKILL.md", skillMd({ version: "9.9.9" })), textFile("a.md", "a")];
    expect(contentChanges(files, next)).toEqual([]);
    const told = [
      textFile("SKILL.md", skillMd({ version: "9.9.9" }, { description: "Other." })),
      textFile("a.md", "a"),
    ];
    expect(contentChanges(files, told)).toEqual([{ path: "SKILL.md", change: "changed" }]);
    const body = [textFile("SKILL.md", `${skillMd()}  version: "2"\n`), textFile("a.md", "a")];
    const other = [textFile("SKILL.md", `${skillMd()}  version: "3"\n`), textFile("a.md", "a")];
    expect(contentChanges(body, other)).toEqual([{ path: "SKILL.md", change: "changed" }]);
  });

  it("names what came, went and changed, also a bit", () => {
    const [text = textFile("", "")] = files;
    expect(contentChanges(files, [text, textFile("b.md", "b")])).toEqual([
      { path: "a.md", change: "removed" },
      { path: "b.md", change: "added" },
    ]);
    expect(contentChanges(files, [text, { ...textFile("a.md", "a"), exec: true }])).toEqual([
      { path: "a.md", change: "changed" },
    ]);
  });
});

describe("parseSource()", () => {
  it.each([`${"x".repeat(33_000)}:`, "x".repeat(33_000)])("repeats no more of a source than fits a line", (text) => {
    expect(() => parseSource(text)).toThrow(
      expect.toSatisfy(({ message, hint }: { message: string; hint: string }) => `${message}${hint}`.length < 800),
    );
  });
  test.for(
    [
      ["./x.azs", { kind: "path", path: "./x.azs" }],
      ["x.azs", { kind: "path", path: "x.azs" }],
      ["..", { kind: "path", path: ".." }],
      ["oci:127.0.0.1:5000/a/b:1", { origin: "http://127.0.0.1:5000", repository: "a/b", tag: "1", digest: null }],
      ["oci:[::1]:5000/a", { origin: "http://[::1]:5000", repository: "a", tag: "latest" }],
      ["oci:localhost:5000/a:1", { origin: "https://localhost:5000" }],
      ["oci:10.0.0.1:5000/a:1", { origin: "https://10.0.0.1:5000" }],
      ["oci:Registry.Example.com/a:1", { origin: "https://registry.example.com", host: "Registry.Example.com" }],
      [`oci:r.example.com/a@sha256:${"0".repeat(64)}`, { tag: null, digest: `sha256:${"0".repeat(64)}` }],
      [`oci:r.example.com/a:1@sha256:${"0".repeat(64)}`, { tag: "1", digest: `sha256:${"0".repeat(64)}` }],
    ] as const,
  )("reads %s", ([text, expected]) => expect(parseSource(text)).toMatchObject(expected));

  test.for([
    "oci:r.example.com",
    "oci:r.example.com/",
    "oci:r.example.com/A:1",
    "oci:r.example.com/a/../b:1",
    "oci:user:pw@r.example.com/a:1",
    "oci:r.example.com/a:-1",
    "oci:r.example.com/a@sha256:0",
    "oci:127.1:5000/a:1?x",
  ])("refuses %s", (text) => {
    expect(() => parseSource(text)).toThrow(expect.objectContaining({ code: "ARGS_INVALID" }));
  });
});

function outcome(bytes: Uint8Array): string {
  try {
    parseLock(bytes);
    return "read";
  } catch (cause) {
    return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : String(cause);
  }
}
