import { beforeAll, describe, expect, it, test } from "vitest";
import { loadSodium } from "../../core/mod.ts";
import { checkSkillMd, readSkillMd } from "../../skills/read-skill-md.ts";
import { skillMd, WASM_KEYS } from "./sample-skill.ts";

beforeAll(async () => void await loadSodium());

function codes(text: string | Uint8Array, folder: string | null = null): readonly string[] {
  return checkSkillMd(text, { profile: "secure", folder }).findings.map(({ code }) => code);
}

function header(lines: string): string {
  return `---\nname: pdf-report\ndescription: Reports.\n${lines}\n---\nBody\n`;
}

const SECURE = 'metadata:\n  version: "1.2.0"\n  az.spec: "1"\n  az.id: "example-org/pdf-report"';

describe("readSkillMd(), secure profile", () => {
  it("reads the example of the format", () => {
    const md = readSkillMd(
      skillMd(WASM_KEYS, { license: "Apache-2.0", compatibility: "Any client.", "allowed-tools": "read list" }),
      { profile: "secure", folder: "/somewhere/pdf-report" },
    );
    expect(md).toMatchObject({
      name: "pdf-report",
      description: "Makes a report. Use for tables.",
      license: "Apache-2.0",
      compatibility: "Any client.",
      allowedTools: ["read", "list"],
      body: "Ask which columns matter.\n",
      ignored: [],
      invisible: 0,
      secure: {
        id: "example-org/pdf-report",
        namespace: "example-org",
        version: "1.2.0",
        runtime: "wasm-sandbox",
        world: "az:host/tool@0.3.0",
        wasm: "component/skill.wasm",
        entry: null,
        reasons: { net: "Posts the link as an issue comment." },
        permissions: {
          "fs.read": ["workspace:README.md", "workspace:data/**.csv"],
          secret: [
            {
              handle: "handle://vault/github/default",
              origin: "https://api.example.com:443",
              slot: "header:authorization",
            },
          ],
          limits: { memory: 67_108_864, output: 1_048_576, "wall-ms": 5_000 },
        },
      },
    });
    expect(Object.getPrototypeOf(md.metadata)).toBeNull();
  });

  it("takes numbers as the text they are, since the schema knows nothing else", () => {
    expect(codes(header("metadata:\n  version: 1.2.0\n  az.spec: 1\n  az.id: example-org/pdf-report"))).toEqual([]);
  });

  test.for<readonly [string, string, string]>([
    ["a missing header", "name: pdf-report\n", "FRONTMATTER"],
    ["a header without end", "---\nname: pdf-report\n", "FRONTMATTER"],
    ["a fence with a blank behind it", `--- \nname: pdf-report\n---\n`, "FRONTMATTER"],
    ["an empty header", "---\n---\nBody\n", "FRONTMATTER"],
    ["a list for a header", "---\n- name\n---\n", "FRONTMATTER"],
    ["a header in flow style", "---\n{name: pdf-report}\n---\n", "FRONTMATTER"],
    ["a second document", header(`${SECURE}\n...`), "FRONTMATTER"],
    ["a marker with text", header(`${SECURE}\n--- more`), "FRONTMATTER"],
    ["what looks like a fence", header(`---x: y\n${SECURE}`), "FRONTMATTER"],
    ["a byte order mark", `\ufeff${header(SECURE)}`, "FRONTMATTER"],
    ["CRLF", header(SECURE).replaceAll("\n", "\r\n"), "FRONTMATTER"],
    ["a lone CR in the body", `${header(SECURE)}a\rb`, "FRONTMATTER"],
    ["a duplicate key", header(`name: other\n${SECURE}`), "FRONTMATTER"],
    ["a duplicate key in other quotes", header(`"name": pdf-report\n${SECURE}`), "FRONTMATTER"],
    ["a duplicate permission", header(`${SECURE}\n  az.perm.net: none\n  az.perm.net: none`), "FRONTMATTER"],
    ["an anchor", header(`license: &a MIT\n${SECURE}`), "FRONTMATTER"],
    ["an alias", header(`license: *a\n${SECURE}`), "FRONTMATTER"],
    ["a tag", header(`license: !!str MIT\n${SECURE}`), "FRONTMATTER"],
    ["a merge key", header(`<<: MIT\n${SECURE}`), "FRONTMATTER"],
    ["an explicit key", header(`? license\n: MIT\n${SECURE}`), "FRONTMATTER"],
    ["a directive", header(`%YAML 1.1\n${SECURE}`), "FRONTMATTER"],
    ["a tab for indentation", header(SECURE.replaceAll("\n  ", "\n\t")), "FRONTMATTER"],
    ["a key of every object", header(`${SECURE}\n  __proto__: x`), "FRONTMATTER"],
    ["a constructor", header(`constructor: x\n${SECURE}`), "FRONTMATTER"],
    ["a flow list", header(`allowed-tools: [read]\n${SECURE}`), "FRONTMATTER"],
    ["a nested value", header(`${SECURE}\n  more:\n    a: b`), "FRONTMATTER"],
    ["metadata in flow style", header("metadata: {version: 1.2.0}"), "FRONTMATTER"],
    ["a colon in plain text", header(`license: so: called\n${SECURE}`), "FRONTMATTER"],
    ["an unknown escape", header(`license: "\\q"\n${SECURE}`), "FRONTMATTER"],
    ["an open quote", header(`license: "MIT\n${SECURE}`), "FRONTMATTER"],
    ["an unknown key at the top", header(`hooks: none\n${SECURE}`), "SPEC_UNKNOWN"],
    ["an unknown az key", header(`${SECURE}\n  az.perm.mail: all`), "SPEC_UNKNOWN"],
    ["a known key in capitals", header(`${SECURE}\n  AZ.perm.net: none`), "SPEC_UNKNOWN"],
    ["a key in other letters", header(`${SECURE}\n  \u0430z.spec: "1"`), "SPEC_UNKNOWN"],
    ["a zero width space in the body", `${header(SECURE)}a\u200bb`, "TEXT_INVISIBLE"],
    ["tag characters", `${header(SECURE)}a\u{e0041}\u{e0042}b`, "TEXT_INVISIBLE"],
    ["a bidi override in the header", header(`license: "a\u202eb"\n${SECURE}`), "TEXT_INVISIBLE"],
    ["a tag character by escape", header(`license: "a\\U000e0041"\n${SECURE}`), "TEXT_INVISIBLE"],
    ["half a surrogate pair by escape", header(`license: "a\\ud800"\n${SECURE}`), "TEXT_INVISIBLE"],
    ["a NUL by escape", header(`license: "a\\0"\n${SECURE}`), "TEXT_INVISIBLE"],
    ["a next line by escape", header(`license: "a\\Nb"\n${SECURE}`), "TEXT_INVISIBLE"],
    ["a line separator by escape", header(`license: "a\\Lb"\n${SECURE}`), "TEXT_INVISIBLE"],
    ["an escape character", `${header(SECURE)}\u001b[2J`, "TEXT_INVISIBLE"],
    ["private use", `${header(SECURE)}\ue000`, "TEXT_INVISIBLE"],
    ["a run of variation selectors", `${header(SECURE)}a\ufe0f\u{e0101}\u{e0102}`, "TEXT_INVISIBLE"],
  ])("refuses %s", ([, text, code]) => expect(codes(text)).toContain(code));

  test.for<readonly [string, string, string]>([
    ["a missing name", skillMd({}, { name: null }), "FRONTMATTER"],
    ["a missing description", skillMd({}, { description: null }), "FRONTMATTER"],
    ["an empty description", skillMd({}, { description: '""' }), "FRONTMATTER"],
    ["a description of blanks", skillMd({}, { description: '"   "' }), "FRONTMATTER"],
    ["a description of 1025 characters", skillMd({}, { description: "x".repeat(1025) }), "FRONTMATTER"],
    ["a compatibility of 501 characters", skillMd({}, { compatibility: "x".repeat(501) }), "FRONTMATTER"],
    ["tools with two blanks between", skillMd({}, { "allowed-tools": '"read  list"' }), "FRONTMATTER"],
    ["capitals in the name", skillMd({}, { name: "PDF-report" }), "NAME"],
    ["a name with a double hyphen", skillMd({}, { name: "pdf--report" }), "NAME"],
    ["a name with a hyphen at its end", skillMd({}, { name: "pdf-" }), "NAME"],
    ["a name of 65 characters", skillMd({}, { name: "a".repeat(65) }), "NAME"],
    ["a name of other letters", skillMd({}, { name: "pdf-rep\u043ert" }), "NAME"],
    ["the name of a tool", skillMd({ "az.id": "example-org/shell" }, { name: "shell" }), "SHADOW"],
    [
      "the name of a skill that is shipped",
      skillMd({ "az.id": "example-org/license-check" }, { name: "license-check" }),
      "SHADOW",
    ],
    ["a missing version", skillMd({ version: null }), "FRONTMATTER"],
    ["a version of two parts", skillMd({ version: "1.2" }), "FRONTMATTER"],
    ["a version with a leading zero", skillMd({ version: "1.02.0" }), "FRONTMATTER"],
    ["a missing spec", skillMd({ "az.spec": null }), "FRONTMATTER"],
    ["another spec", skillMd({ "az.spec": "2" }), "SPEC_UNKNOWN"],
    ["a missing id", skillMd({ "az.id": null }), "FRONTMATTER"],
    ["an id without namespace", skillMd({ "az.id": "pdf-report" }), "NAME"],
    ["an id with two slashes", skillMd({ "az.id": "a/b/pdf-report" }), "NAME"],
    ["a namespace of 41 characters", skillMd({ "az.id": `${"a".repeat(41)}/pdf-report` }), "NAME"],
    ["the id of another name", skillMd({ "az.id": "example-org/other" }), "ID_MISMATCH"],
    ["an unknown runtime", skillMd({ "az.runtime": "native" }), "SPEC_UNKNOWN"],
    ["the runtime of built-in skills", skillMd({ "az.runtime": "host-readonly" }), "SPEC_UNKNOWN"],
    ["a component without runtime", skillMd({ "az.wasm": "a.wasm" }), "FRONTMATTER"],
    ["a runtime without component", skillMd({ ...WASM_KEYS, "az.wasm": null }), "FRONTMATTER"],
    ["a runtime without world", skillMd({ ...WASM_KEYS, "az.world": null }), "FRONTMATTER"],
    ["an unknown world", skillMd({ ...WASM_KEYS, "az.world": "az:host/tool@0.4.0" }), "WASM_WORLD"],
    ["sockets", skillMd({ ...WASM_KEYS, "az.world": "az:host/tool@0.3.0 wasi:sockets@0.2" }), "WASM_WORLD"],
    ["a component above the folder", skillMd({ ...WASM_KEYS, "az.wasm": "../a.wasm" }), "PATH_UNSAFE"],
    ["a reason without permission", skillMd({ "az.reason.net": "Because." }), "PERM_INVALID"],
    ["a reason of two lines", skillMd({ ...WASM_KEYS, "az.reason.net": "a\nb" }), "PERM_INVALID"],
    ["a reason of 201 characters", skillMd({ ...WASM_KEYS, "az.reason.net": "x".repeat(201) }), "PERM_INVALID"],
  ])("refuses %s", ([, text, code]) => expect(codes(text)).toEqual([code]));

  it("refuses a name that is not the folder's", () => {
    expect(codes(skillMd(), "/skills/pdf")).toEqual(["NAME"]);
    expect(codes(skillMd(), "/skills/pdf-report")).toEqual([]);
  });

  it("refuses what is not UTF-8, and what is longer than 64 KiB", () => {
    expect(codes(Uint8Array.of(0x2d, 0x2d, 0x2d, 0x0a, 0xff, 0xfe))).toEqual(["FRONTMATTER"]);
    const base = skillMd();
    expect(codes(base + "x".repeat(65_536 - base.length))).toEqual([]);
    expect(codes(base + "x".repeat(65_537 - base.length))).toEqual(["SIZE_LIMIT"]);
  });

  it("names the line, and finds everything at once", () => {
    const { findings } = checkSkillMd(
      skillMd({ "az.spec": "2", "az.runtime": "native", "az.perm.net": "GET http://x" }, { name: "PDF" }),
      { profile: "secure" },
    );
    expect(findings.map(({ code, line }) => [code, line])).toEqual([
      ["NAME", 2],
      ["SPEC_UNKNOWN", 6],
      ["SPEC_UNKNOWN", 8],
      ["PERM_INVALID", 9],
    ]);
    for (const { hint } of findings) expect(hint).not.toBeNull();
  });

  it("ends in time on nesting that is meant to take for ever", () => {
    const start = performance.now();
    for (
      const text of [
        "[".repeat(60_000),
        "- ".repeat(30_000),
        "a: ".repeat(20_000),
        "? ".repeat(30_000),
        "a: {b: ".repeat(8_000),
        Array.from({ length: 300 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
        Array.from({ length: 9_000 }, (_, i) => `a${i}: b`).join("\n"),
      ]
    ) expect(codes(`---\n${text}\n---\n`).length).toBeGreaterThan(0);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it("reads a generated tool, which has a world and no component", () => {
    const text = skillMd({ "az.runtime": "wasm-sandbox", "az.world": "az:host/tool@0.3.0" });
    expect(codes(text)).toEqual(["FRONTMATTER"]);
    expect(readSkillMd(text, { profile: "secure", generated: true }).secure).toMatchObject({ wasm: null });
  });
});
