import { describe, expect, it, test } from "vitest";
import type { ComponentManifest } from "../../../../sandbox/mod.ts";
import { readModule } from "../../../../sandbox/wasm/binary/read-module.ts";
import { transpileComponent } from "../../../../sandbox/wasm/install/transpile-component.ts";
import { importText, toolText } from "../tool-text.ts";
import { coreOf } from "../wat.ts";

const TOOL: ComponentManifest = { world: "tool", imports: [], wasi: [] };

async function transpiled(
  text: string,
  manifest: ComponentManifest = TOOL,
  memoryPages = 1024,
): Promise<Awaited<ReturnType<typeof transpileComponent>>> {
  return await transpileComponent(await coreOf(text), { manifest, memoryPages });
}

async function codeOf(text: string, manifest: ComponentManifest = TOOL, memoryPages = 1024): Promise<unknown> {
  return await transpiled(text, manifest, memoryPages).then(
    () => "installed",
    (error: { code: unknown }) => error.code,
  );
}

describe("transpileComponent()", () => {
  it("gives glue first, then core modules with their instruments", async () => {
    const { files, imports, exports } = await transpiled(toolText());
    expect(files.map((file) => file.name)).toEqual(["glue.js", "component.core.wasm"]);
    expect([imports, exports]).toEqual([[], ["run"]]);
    expect(new TextDecoder().decode(files[0]?.bytes)).toContain("export function instantiate(getCoreModule, imports");
    expect(readModule(files[1]?.bytes ?? new Uint8Array()).exports).toEqual(
      expect.arrayContaining(["az:fuel", "az:tick"]),
    );
  });
  const HOST = "az:host/filesystem@0.3.0";
  test.for(
    [
      ["what is declared", importText(HOST), { ...TOOL, imports: ["filesystem"] }, "installed"],
      ["what always may", importText("az:host/clock@0.3.0"), TOOL, "installed"],
      ["what is not declared", importText(HOST), TOOL, "WASM_IMPORTS"],
      ["another version", importText("az:host/clock@0.3.1"), TOOL, "WASM_IMPORTS"],
      ["no version", importText("az:host/clock"), TOOL, "WASM_IMPORTS"],
      ["an interface that is not there", importText("az:host/shell@0.3.0"), TOOL, "WASM_IMPORTS"],
      ["somebody else's interface", importText("evil:host/clock@0.3.0"), TOOL, "WASM_IMPORTS"],
      ["a function", '(import "now" (func (result u64)))', TOOL, "WASM_IMPORTS"],
      ["WASI that is declared", importText("wasi:cli/environment@0.2.3"), { ...TOOL, wasi: ["cli"] }, "installed"],
      ["WASI that is not declared", importText("wasi:cli/environment@0.2.3"), TOOL, "WASM_IMPORTS"],
      [
        "WASI of another generation",
        importText("wasi:cli/environment@0.3.0"),
        { ...TOOL, wasi: ["cli"] },
        "WASM_IMPORTS",
      ],
      [
        "sockets, though declared",
        importText("wasi:sockets/tcp@0.2.3"),
        { ...TOOL, wasi: ["sockets"] },
        "WASM_IMPORTS",
      ],
      ["http of WASI", importText("wasi:http/types@0.2.3"), { ...TOOL, wasi: ["http"] }, "WASM_IMPORTS"],
      [
        "a function that its interface does not have",
        `${importText("az:host/clock@0.3.0", '(export "set" (func))')}
         (alias export 0 "set" (func $set)) (core func $low (canon lower (func $set)))
         (core module $user (import "a" "set" (func))) (core instance $args (export "set" (func $low)))
         (core instance (instantiate $user (with "a" (instance $args))))`,
        TOOL,
        "WASM_IMPORTS",
      ],
    ] as const,
  )("judges an import of %s", async ([, before, manifest, code]) => {
    expect(await codeOf(toolText({ before }), manifest)).toBe(code);
  });
  it("refuses exports that its world does not have", async () => {
    expect(await codeOf("(component)")).toBe("WASM_WORLD");
    expect(await codeOf(toolText(), { ...TOOL, world: "engine" })).toBe("WASM_WORLD");
    expect(await codeOf(toolText({ after: '(export "more" (func $run))' }))).toBe("WASM_WORLD");
    const other = toolText().replace('(param "input" string)', '(param "text" string)');
    expect(await codeOf(other)).toBe("WASM_WORLD");
  });
  // Threat: the transpiler writes names of core modules between quotes into the glue, as they are.
  test.for([
    ["a quote", "x'];evil();['"],
    ["a line's end", "x\\n//evil"],
    ["a backslash", "x\\\\"],
    ["a backtick", "`${evil()}`"],
    ["a separator of lines", "x\\u{2028}evil"],
    ["letters of other scripts", "\\u{430}"],
  ])("refuses names with %s", async ([, text]) => {
    expect(await codeOf(toolText({ core: `(func (export "${text}"))` }))).toBe("WASM_FORMAT");
    const before = `(core module $a (func (export "f")))
      (core module $b (import "${text}" "f" (func)))
      (core instance $one (instantiate $a))
      (core instance (instantiate $b (with "${text}" (instance $one))))`;
    expect(await codeOf(toolText({ before }))).toBe("WASM_FORMAT");
  });
  test.for(["az:fuel", "az:tick", "az:start"])("refuses a module that exports %s itself", async (name) => {
    expect(await codeOf(toolText({ core: `(func (export "${name}"))` }))).toBe("WASM_FORMAT");
  });
  it("refuses a component that reaches for our exports", async () => {
    const before =
      `(core module $a) (core instance $one (instantiate $a)) (alias core export $one "az:fuel" (core global $g))`;
    await expect(
      coreOf(toolText({ before })).then((bytes) => transpileComponent(bytes, { manifest: TOOL, memoryPages: 1 })),
    )
      .rejects.toThrow(expect.objectContaining({ code: "WASM_FORMAT" }));
  });
  test.for(
    [
      ["a memory that begins beyond the budget", toolText().replace('"memory") 1)', '"memory") 1025)')],
      [
        "a second memory of more than 16 pages",
        toolText({ before: instances("(memory 17)", 1), core: "" }).replace('"memory") 1)', '"memory") 20)'),
      ],
      ["five memories", toolText({ core: "(memory 1) (memory 1) (memory 1) (memory 1)" })],
      ["a module with a memory four times besides", toolText({ before: instances("(memory 1)", 4) })],
      ["a table that begins beyond its bound", toolText({ core: "(table 65537 funcref)" })],
      ["tables that begin beyond it together", toolText({ core: "(table 40000 funcref) (table 40000 funcref)" })],
      ["sixty-five tables", toolText({ core: "(table 1 funcref)".repeat(65) })],
      [
        "thirty-three core modules",
        toolText({ before: Array.from({ length: 32 }, (_, index) => instances("", 1, `$x${index}`)).join(" ") }),
      ],
      ["sixty-five instances", toolText({ before: instances("", 64) })],
      ["too many functions", toolText({ core: "(func)".repeat(100_001) })],
      ["a shared memory", toolText({ core: "(memory 1 1 shared)" })],
    ] as const,
  )("refuses %s", async ([, text]) => {
    const found = await codeOf(text);
    // Some of these the component model itself does not know.
    expect(["WASM_LIMITS", "WASM_FORMAT"]).toContain(found);
  });
  it("gives the largest memory the budget, and the others 16 pages", async () => {
    const { files } = await transpiled(toolText({ before: instances("(memory 0)", 1) }), TOOL, 100);
    const bounds = files.slice(1).flatMap(({ bytes }) => readModule(bytes).memories);
    expect(bounds.map(({ min, max }) => [min, max])).toEqual(expect.arrayContaining([[0, 16], [1, 100]]));
    const declared = await transpiled(toolText().replace('"memory") 1)', '"memory") 1 50)'), TOOL, 100);
    expect(readModule(declared.files[1]?.bytes ?? new Uint8Array()).memories).toEqual([{ min: 1, max: 50 }]);
  });
  it("refuses a component with any byte changed or cut off, or one that is the same to all", async () => {
    const bytes = await coreOf(toolText());
    const codes = new Set<unknown>();
    for (let at = 8; at < bytes.length; at += 5) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x20;
      codes.add(
        await transpileComponent(changed, { manifest: TOOL, memoryPages: 4 }).then(
          () => "ok",
          (error: { code: unknown }) => error.code,
        ),
      );
      const cut = bytes.slice(0, at);
      codes.add(
        await transpileComponent(cut, { manifest: TOOL, memoryPages: 4 }).then(
          () => "ok",
          (error: { code: unknown }) => error.code,
        ),
      );
    }
    expect([...codes].filter((code) => !/^(ok|WASM_[A-Z]+)$/.test(String(code)))).toEqual([]);
  });
});

function instances(content: string, count: number, module = "$x"): string {
  return `(core module ${module} ${content}) ${`(core instance (instantiate ${module}))`.repeat(count)}`;
}
