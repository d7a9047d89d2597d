import fc from "fast-check";
import { beforeAll, describe, expect, it, test } from "vitest";
import { b2, canonicalJson, loadSodium } from "../../core/mod.ts";
import { type Manifest, MANIFEST_PATH, type ManifestFile } from "../../skills/manifest.ts";
import { merkleRoot } from "../../skills/merkle.ts";
import { packArchive } from "../../skills/pack-archive.ts";
import { checkContent, checkWholeContent, readContent, runFingerprint } from "../../skills/package-content.ts";
import { parseManifest } from "../../skills/parse-manifest.ts";
import type { PackageFile } from "../../skills/stages.ts";
import { unpackArchive } from "../../skills/unpack-archive.ts";
import {
  inspectNothing,
  packSkill,
  skillMd,
  someDigest,
  textFile,
  textSkill,
  WASM_BYTES,
  WASM_KEYS,
} from "./sample-skill.ts";

beforeAll(async () => void await loadSodium());

function codes(archive: Uint8Array): readonly string[] {
  return checkContent(archive).findings.map(({ code }) => code);
}

/** The sample with its manifest changed, canonical again. */
function withManifest(edit: (manifest: Record<string, unknown>) => unknown): Uint8Array {
  const files = unpackArchive(packSkill());
  const manifest: Record<string, unknown> = { ...readContent(packSkill()).manifest };
  const text = edit(manifest);
  const bytes = typeof text === "string" ? text : `${canonicalJson(text)}\n`;
  return packArchive(files.map((file) => file.path === MANIFEST_PATH ? textFile(MANIFEST_PATH, bytes) : file));
}

const SCRIPT_KEYS = { "az.runtime": "host-supervised", "az.perm.exec": "skill:scripts/run.sh tool:git" };

function list(manifest: Record<string, unknown>): readonly Manifest["files"][number][] {
  const { files } = parseManifest(new TextEncoder().encode(`${canonicalJson(manifest)}\n`));
  return files;
}

describe("checkContent()", () => {
  it("reads a package whole", () => {
    const archive = packSkill();
    const content = readContent(archive);
    expect(content).toMatchObject({
      digest: b2(archive),
      size: archive.length,
      component: null,
      manifest: { id: "example-org/pdf-report", version: "1.2.0", seq: 1_002_000, previous: null, wasm: null, v: 1 },
      md: { name: "pdf-report" },
    });
    expect(content.files.map(({ path }) => path)).toEqual(["SKILL.md", "references/LAYOUT.md"]);
    expect(content.manifest.files.map(({ path }) => path)).toEqual(["SKILL.md", "references/LAYOUT.md"]);
    expect(content.fingerprint).toMatch(/^b2:/);
  });

  test.for(
    [
      [
        "is missing",
        (files: readonly PackageFile[]) => files.filter(({ path }) => path !== MANIFEST_PATH),
        "MANIFEST_MISSING",
      ],
      [
        "is of another name",
        (files: readonly PackageFile[]) =>
          files.map((f) => f.path === MANIFEST_PATH ? { ...f, path: "manifest.json" } : f),
        "MANIFEST_MISSING",
      ],
    ] as const,
  )("refuses a package whose manifest %s", ([, edit, code]) => {
    expect(codes(packArchive(edit(unpackArchive(packSkill()))))).toContain(code);
  });

  test.for<readonly [string, (m: Record<string, unknown>) => unknown, string]>([
    ["is no JSON", () => "{", "MANIFEST_SYNTAX"],
    ["is pretty", (m) => `${JSON.stringify(m, null, 2)}\n`, "MANIFEST_SYNTAX"],
    ["lacks its line feed", (m) => canonicalJson(m), "MANIFEST_SYNTAX"],
    ["has a key twice", (m) => `${canonicalJson(m).replace("{", '{"v":1,')}\n`, "MANIFEST_SYNTAX"],
    ["has keys in another order", (m) => `${JSON.stringify({ v: 1, ...m })}\n`, "MANIFEST_SYNTAX"],
    ["has an unknown key", (m) => ({ ...m, more: 1 }), "MANIFEST_SYNTAX"],
    ["has a prototype", (m) => `${canonicalJson(m).replace("{", '{"__proto__":{},')}\n`, "MANIFEST_SYNTAX"],
    ["lacks a key", (m) => ({ ...m, wasm: undefined }), "MANIFEST_SYNTAX"],
    ["has another v", (m) => ({ ...m, v: 2 }), "MANIFEST_SYNTAX"],
    ["has a negative seq", (m) => ({ ...m, seq: -1 }), "MANIFEST_SYNTAX"],
    ["has a seq with a fraction", (m) => `${canonicalJson(m).replace("1002000", "1002000.5")}\n`, "MANIFEST_SYNTAX"],
    ["has a seq of another spelling", (m) => `${canonicalJson(m).replace("1002000", "1.002e6")}\n`, "MANIFEST_SYNTAX"],
    ["has a digest without prefix", (m) => ({ ...m, root: "00" }), "MANIFEST_SYNTAX"],
    ["has a control character", (m) => ({ ...m, version: "1.2.0\u0007" }), "MANIFEST_TEXT"],
    ["has a tag character", (m) => ({ ...m, version: "1.2.0\u{e0041}" }), "MANIFEST_TEXT"],
    ["has a line feed in a text", (m) => ({ ...m, id: "example-org/pdf-report\n" }), "MANIFEST_TEXT"],
    [
      "lists a file that is not there",
      (m) => ({ ...m, files: [...list(m), { ...list(m)[0], path: "x" }] }),
      "MANIFEST_FILES",
    ],
    ["leaves out a file", (m) => ({ ...m, files: list(m).slice(1) }), "MANIFEST_FILES"],
    [
      "gives another digest",
      (m) => ({ ...m, files: list(m).map((f) => ({ ...f, b2: someDigest("x") })) }),
      "MANIFEST_FILES",
    ],
    ["gives another size", (m) => ({ ...m, files: list(m).map((f) => ({ ...f, size: 1 })) }), "MANIFEST_FILES"],
    ["gives another mode", (m) => ({ ...m, files: list(m).map((f) => ({ ...f, exec: true })) }), "MANIFEST_FILES"],
    ["is in another order", (m) => ({ ...m, files: list(m).toReversed() }), "MANIFEST_FILES"],
    ["names another id", (m) => ({ ...m, id: "example-org/other" }), "MANIFEST_MISMATCH"],
    ["names another version", (m) => ({ ...m, version: "1.2.1" }), "MANIFEST_MISMATCH"],
    [
      "names other permissions",
      (m) => ({ ...m, permissions: { ...Object(m["permissions"]), "fs.read": ["workspace:**"] } }),
      "MANIFEST_MISMATCH",
    ],
    ["names another perm", (m) => ({ ...m, perm: someDigest("x") }), "MANIFEST_MISMATCH"],
    ["names another root", (m) => ({ ...m, root: someDigest("x") }), "MANIFEST_MISMATCH"],
    ["names a component", (m) => ({ ...m, wasm: someDigest("x") }), "MANIFEST_MISMATCH"],
  ])("refuses a manifest that %s", ([, edit, code]) => expect(codes(withManifest(edit))).toEqual([code]));

  it("does not mind seq and previous, which only the publisher knows", () => {
    expect(codes(packSkill(textSkill(), { seq: 7, previous: someDigest("before") }))).toEqual([]);
  });

  it("gives the executable bit to the entry script alone", () => {
    const script = { ...textFile("scripts/run.sh", "#!/bin/sh\n"), exec: true };
    const files = [textFile("SKILL.md", skillMd(SCRIPT_KEYS)), script];
    expect(codes(packSkill(files))).toEqual([]);
    expect(codes(packSkill([textFile("SKILL.md", skillMd(SCRIPT_KEYS)), { ...script, exec: false }]))).toEqual([
      "NOT_CANONICAL",
    ]);
    expect(codes(packSkill([...textSkill(), { ...textFile("x.sh", "#!/bin/sh\n"), exec: true }]))).toEqual([
      "NOT_CANONICAL",
    ]);
  });

  test.for<readonly [string, string, readonly number[] | string, string]>([
    ["an ELF program", "bin/tool", [0x7f, 0x45, 0x4c, 0x46, 2], "NATIVE_BINARY"],
    ["a program of Windows that says it is text", "a.txt", "MZ\u0090", "NATIVE_BINARY"],
    ["a Mach-O program", "a.md", [0xcf, 0xfa, 0xed, 0xfe], "NATIVE_BINARY"],
    ["a Mach-O program, big end first", "a.md", [0xfe, 0xed, 0xfa, 0xcf], "NATIVE_BINARY"],
    ["a fat Mach-O program", "a.md", [0xca, 0xfe, 0xba, 0xbe], "NATIVE_BINARY"],
    ["a lifecycle script", "package.json", '{"scripts":{"postinstall":"sh x"}}', "INSTALL_SCRIPT"],
    ["a lifecycle script below", "scripts/x/package.json", '{"scripts":{"prepare":"sh x"}}', "INSTALL_SCRIPT"],
    ["a lifecycle script behind a mark", "package.json", '\ufeff{"scripts":{"install":"sh x"}}', "INSTALL_SCRIPT"],
    ["a package.json that nobody can read", "package.json", "{scripts:", "INSTALL_SCRIPT"],
    ["a native build", "binding.gyp", "{}", "INSTALL_SCRIPT"],
    ["a component nobody declared", "x.wasm", [0, 0x61, 0x73, 0x6d], "WASM_EXTRA"],
    ["a component by another name", "x.bin", [0, 0x61, 0x73, 0x6d], "WASM_EXTRA"],
    ["a text that is called a component", "x.WASM", "text", "WASM_EXTRA"],
    ["an input schema with an unknown keyword", "schema/input.json", '{"type":"object","pattern":"x"}', "TOOL_SCHEMA"],
  ])("refuses %s", ([, path, content, code]) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : Uint8Array.from(content);
    expect(codes(packSkill([...textSkill(), { path, bytes, exec: false }]))).toEqual([code]);
  });

  it("takes a package.json that runs nothing by itself, and bills of materials", () => {
    expect(codes(packSkill([
      ...textSkill(),
      textFile("package.json", '{"scripts":{"test":"x","build":"y"}}'),
      textFile("sbom.spdx.json", "{}"),
    ]))).toEqual([]);
  });

  const wasm = [textFile("SKILL.md", skillMd(WASM_KEYS)), {
    path: "component/skill.wasm",
    bytes: WASM_BYTES,
    exec: false,
  }];

  it("knows the one component", () => {
    const content = readContent(packSkill(wasm));
    expect(content.component).toEqual({ digest: content.manifest.wasm, bytes: WASM_BYTES });
    expect(codes(packSkill([...wasm, { path: "component/more.wasm", bytes: WASM_BYTES, exec: false }]))).toEqual([
      "WASM_EXTRA",
    ]);
    expect(codes(packSkill([textFile("SKILL.md", skillMd(WASM_KEYS))]))).toContain("FRONTMATTER");
  });

  test.for(
    [
      [["az:host/http@0.3.0", "az:host/types@0.3.0"], ["run"], null],
      [["az:host/filesystem@0.3.0", "az:host/secrets@0.3.0", "az:host/clock@0.3.0"], ["run", "init"], null],
      [["az:host/tools@0.3.0"], ["run"], "WASM_IMPORTS"],
      [["az:host/http@0.4.0"], ["run"], "WASM_IMPORTS"],
      [["az:evil/http@0.3.0"], ["run"], "WASM_IMPORTS"],
      [["wasi:clocks/wall-clock@0.2.3"], ["run"], "WASM_IMPORTS"],
      [["wasi:sockets/tcp@0.2.3"], ["run"], "WASM_IMPORTS"],
      [[], [], "WASM_WORLD"],
      [[], ["run", "load"], "WASM_WORLD"],
      [[], ["main"], "WASM_WORLD"],
    ] as const,
  )("of a component with imports %j and exports %j says %s", async ([imports, exports, code]) => {
    const { findings } = await checkWholeContent(packSkill(wasm), () => ({ imports, exports }));
    expect(findings.map((one) => one.code)).toEqual(code === null ? [] : [code]);
  });

  it("lets a component import only what an atom gives", async () => {
    const bare = skillMd({
      "az.runtime": "wasm-sandbox",
      "az.world": "az:host/tool@0.3.0 wasi:clocks@0.2",
      "az.wasm": "component/skill.wasm",
    });
    const archive = packSkill([textFile("SKILL.md", bare), ...wasm.slice(1)]);
    for (const part of ["filesystem", "http", "secrets", "tools"]) {
      // oxlint-disable-next-line no-await-in-loop -- four in a row
      const { findings } = await checkWholeContent(
        archive,
        () => ({ imports: [`az:host/${part}@0.3.0`], exports: ["run"] }),
      );
      expect(findings.map(({ code }) => code)).toEqual(["WASM_IMPORTS"]);
    }
    const declared = await checkWholeContent(
      archive,
      () => ({ imports: ["wasi:clocks/wall-clock@0.2.3"], exports: ["run"] }),
    );
    expect(declared.findings).toEqual([]);
    expect((await checkWholeContent(archive, inspectNothing)).content).not.toBeNull();
  });

  it("refuses every flipped bit of a package, with a code of form, list or text", () => {
    const archive = packSkill();
    const kinds = new Set<string>();
    for (let at = 0; at < archive.length; at++) {
      const mutated = archive.slice();
      mutated[at] = (mutated[at] ?? 0) ^ (1 << at % 8);
      const { content, findings: [first] } = checkContent(mutated);
      // Only the number of the release is the publisher's word: that is what the signature is for.
      expect(content?.manifest.seq, `byte ${at}`).not.toBe(1_002_000);
      kinds.add(first?.code ?? "");
    }
    expect([...kinds].toSorted()).toEqual(expect.arrayContaining(["ARCHIVE", "MANIFEST_FILES", "NOT_CANONICAL"]));
  });

  it("never crashes on what is nearly a package", () => {
    const archive = packSkill();
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.uint8Array({ maxLength: 60 }), fc.nat(2_000), (at, bytes, cut) => {
        const mutated = archive.slice(0, archive.length - (cut > 1_000 ? cut : 0));
        mutated.set(bytes.subarray(0, Math.max(0, mutated.length - at)), Math.min(at, mutated.length));
        const { content, findings } = checkContent(mutated);
        expect(content === null).toBe(findings.length > 0);
      }),
      { seed: 8, numRuns: 300 },
    );
  });
});

function leaf(): ManifestFile {
  return { b2: someDigest("hi\n"), exec: false, path: "SKILL.md", size: 3 };
}

describe("merkleRoot()", () => {
  it("gives the root of the vector", () => {
    expect(merkleRoot([leaf()]))
      .toBe("b2:9f8918c98b2836e66a8769c6b7a3c69baf93ea1a9ed7c843bf5354be251ddeef");
  });

  it("depends on every field and on the order", () => {
    const one = leaf();
    const roots = [
      merkleRoot([one]),
      merkleRoot([{ ...one, exec: true }]),
      merkleRoot([{ ...one, path: "SKILL.mD" }]),
      merkleRoot([{ ...one, size: 4 }]),
      merkleRoot([{ ...one, b2: someDigest("ho\n") }]),
      merkleRoot([one, { ...one, path: "a" }]),
      merkleRoot([{ ...one, path: "a" }, one]),
      merkleRoot([one, one, one]),
    ];
    expect(new Set(roots).size).toBe(roots.length);
  });
});

describe("runFingerprint()", () => {
  it("changes with each thing that a run depends on", () => {
    const base = {
      fingerprint: someDigest("f"),
      grant: someDigest("g"),
      policy: someDigest("p"),
      engine: null,
      shell: "0.1.0",
    };
    const all = [
      base,
      { ...base, fingerprint: someDigest("x") },
      { ...base, grant: null },
      { ...base, policy: someDigest("x") },
      { ...base, engine: someDigest("e") },
      { ...base, shell: "0.1.1" },
    ].map(runFingerprint);
    expect(new Set(all).size).toBe(all.length);
  });
});
