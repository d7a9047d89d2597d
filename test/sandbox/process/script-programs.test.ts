import fc from "fast-check";
import { chmodSync, copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { executableFiles } from "../../../sandbox/process/executable-files.ts";
import { libraryFolders } from "../../../sandbox/process/library-folders.ts";
import { findScriptPrograms } from "../../../sandbox/process/script-programs.ts";
import { parseShebang } from "../../../sandbox/process/shebang.ts";
import type { ProcessSpec, SkillMount } from "../../../sandbox/mod.ts";
import { codeOf, type Rig, rig, valueOf } from "../rig.ts";
import { argvSpec, runSpec } from "./run.ts";

const PROGRAM = "/usr/bin/hostname";

function within(root: string): (path: string) => boolean {
  return (path) => path.startsWith(`${root}/`);
}

function put(path: string, content: string | null, mode = 0o755): string {
  mkdirSync(dirname(path), { recursive: true });
  if (content === null) copyFileSync(PROGRAM, path);
  else writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe("parseShebang()", () => {
  test.for(
    [
      ["#!/bin/sh\n", { program: "/bin/sh", words: [], env: null }],
      ["#! \t/bin/sh \t\necho", { program: "/bin/sh", words: [], env: null }],
      ["#!/bin/sh -e -u\n", { program: "/bin/sh", words: ["-e -u"], env: null }],
      ["#!/usr/bin/env python3\n", { program: "python3", words: [], env: "/usr/bin/env" }],
      ["#!/usr/bin/env -S python3 -u\t-I\n", { program: "python3", words: ["-u", "-I"], env: "/usr/bin/env" }],
      ["#!/usr/bin/env -Ssh\n", { program: "sh", words: [], env: "/usr/bin/env" }],
    ] as const,
  )("reads %j as the kernel does", ([text, expected]) => {
    expect(parseShebang(text)).toEqual({ kind: "program", ...expected });
    expect(parseShebang(new TextEncoder().encode(text))).toEqual({ kind: "program", ...expected });
  });

  it.for(["", "echo", "#", " #!/bin/sh\n", "\ufeff#!/bin/sh\n"])("finds none in %j", (text) => {
    expect(parseShebang(text)).toEqual({ kind: "none" });
  });

  it.for([
    "#!",
    "#!\n",
    "#!sh\n",
    "#!/bin/sh\r\n",
    "#!/bin/sh",
    `#!/${"x".repeat(300)}\n`,
    "#!/bin/\0sh\n",
    "#!/usr/bin/env\n",
    "#!/usr/bin/env -i sh\n",
    "#!/usr/bin/env -S\n",
    "#!/usr/bin/env -S -i sh\n",
    "#!/usr/bin/env -S A=1 sh\n",
    "#!/usr/bin/env -S 'sh'\n",
    "#!/usr/bin/env -S ${HOME}/x\n",
    "#!/usr/bin/env python3 -u\n",
  ])("refuses %j", (text) => {
    expect(parseShebang(text)).toMatchObject({ kind: "bad" });
  });

  it("gives plain words or a reason for whatever stands there", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const line = parseShebang(`#!${text}`);
        if (line.kind !== "program") return;
        for (const word of [line.program, ...line.words]) expect(word).toMatch(/^[\t\x20-\x7e]+$/u);
        expect(line.env !== null || line.program.startsWith("/")).toBe(true);
      }),
      { seed: 20261121, numRuns: 500 },
    );
  });
});

describe("findScriptPrograms()", () => {
  it("finds what stands on the fixed PATH, tool chains first", () => {
    const r = rig();
    const tool = put(join(r.root, "chain/bin/own-tool"), null);
    const found = findScriptPrograms("#!/usr/bin/env own-tool\n", {
      named: ["cat", "own-tool"],
      toolchains: [join(r.root, "chain")],
    });
    expect(found).toEqual({ interpreter: tool, words: [], programs: [tool, "/usr/bin/cat"] });
  });

  it.for(["no-such-program", "etc", "."])("refuses %j, which is no program there", (name) => {
    expect(() => findScriptPrograms("", { named: [name], toolchains: [] }))
      .toThrow(expect.objectContaining({ code: "EXEC_DENIED" }));
  });
});

describe("executableFiles()", () => {
  it("follows links, and scripts to what runs them", () => {
    const r = rig();
    const root = realpathSync(r.root);
    const real = put(join(root, "bin/real-1.2"), null);
    symlinkSync("real-1.2", join(root, "bin/real"));
    symlinkSync("real", join(root, "bin/short"));
    const script = put(join(root, "bin/script"), `#!${root}/bin/short -x\n`);
    expect(executableFiles([script], { isShown: within(root), toolchains: [] })).toEqual({
      files: [real, script],
      links: [{ path: join(root, "bin/real"), to: "real-1.2" }, { path: join(root, "bin/short"), to: "real" }],
      folders: [],
    });
  });

  it("refuses what is elsewhere, is no file, or is not there, also behind a link", () => {
    const r = rig();
    const root = realpathSync(r.root);
    put(join(root, "project/tool"), null);
    mkdirSync(join(root, "bin/folder"), { recursive: true });
    symlinkSync(join(root, "project/tool"), join(root, "bin/tool"));
    symlinkSync("loop", join(root, "bin/loop"));
    for (const name of ["project/tool", "bin/tool", "bin/folder", "bin/none", "bin/loop"]) {
      expect(() => executableFiles([join(root, name)], { isShown: within(join(root, "bin")), toolchains: [] }))
        .toThrow(expect.objectContaining({ code: "EXEC_DENIED" }));
    }
  });
});

describe("libraryFolders()", () => {
  it("opens the libraries beside a program and closes programs among them", () => {
    const root = realpathSync(rig().root);
    const lib = join(root, "lib");
    put(join(lib, "liba.so.1.2"), null);
    put(join(lib, "script"), "#!/bin/sh\n");
    put(join(lib, "data"), null, 0o644);
    put(join(lib, "loose"), null);
    put(join(lib, "tools/one"), null);
    put(join(lib, "tools/two"), null);
    put(join(lib, "mixed/helper"), null);
    put(join(lib, "mixed/libm.so"), null);
    put(join(lib, "node_modules/x/bin/y"), null);
    const { open, closed } = libraryFolders([join(root, "bin/tool")], within(root));
    expect(open).toEqual([lib]);
    expect(closed.toSorted()).toEqual(
      ["loose", "mixed/helper", "node_modules", "tools"].map((name) => join(lib, name)),
    );
  });

  it("opens the folder of the C library for every program, and none that is not shown", () => {
    const { open } = libraryFolders(["/usr/bin/cat"], () => true);
    expect(open.length).toBeGreaterThan(0);
    expect(libraryFolders(["/usr/bin/cat"], () => false)).toEqual({ open: [], closed: [] });
  });
});

function scriptSpec(r: Rig, text: string, more: Partial<SkillMount> & { readonly stage?: boolean } = {}): ProcessSpec {
  const { stage = true, ...mount } = more;
  return {
    ...argvSpec(r, ["/bin/sh", "/skill/run"]),
    stage,
    skill: {
      files: [{ path: "run", bytes: new TextEncoder().encode(`exec 2>&1; ${text}`), exec: true }],
      programs: ["/bin/sh"],
      read: [join(r.project, "data")],
      write: [],
      ...mount,
    },
  };
}

describe("a script whose project cannot be staged", () => {
  it("sees what it may read, and starts nothing of it either", async () => {
    const r = rig();
    put(join(r.project, "data/h"), null);
    r.put("other.txt", "not granted");
    const text = "read x </proc/self/mountinfo && echo read; data/h; hostname; (echo >data/x); cat other.txt; echo end";
    const value = valueOf(await runSpec(r, scriptSpec(r, text, { stage: false })));
    const output = new TextDecoder().decode(value.output);
    expect(output).toMatch(/^read\n/u);
    expect(output).toMatch(/end\n$/u);
    expect(output).toMatch(/Read-only|read-only/u);
    expect(output.split("\n")).not.toContain("agentzero");
  });
});

describe("a script and a tool chain of the user's", () => {
  it("starts of it what was approved, with its libraries, and nothing else", async () => {
    const r = rig();
    const chain = join(realpathSync(r.root), "chain");
    const one = put(join(chain, "bin/one"), null);
    put(join(chain, "bin/two"), null);
    put(join(chain, "lib/tools/three"), null);
    const text = `one; two; ${chain}/bin/two; ${chain}/lib/tools/three; echo end`;
    const spec = { ...scriptSpec(r, text, { programs: ["/bin/sh", one] }), readOnlyPaths: [chain] };
    const output = new TextDecoder().decode(valueOf(await runSpec(r, spec)).output);
    expect(output.split("\n").filter((line) => line === "agentzero")).toEqual(["agentzero"]);
    expect(output).toMatch(/end\n$/u);
  });
});

describe("a spec of a script", () => {
  it.for(
    [
      ["has an interpreter that is none of its programs", { programs: ["/bin/cat"] }, "SPEC_INVALID"],
      ["has a program without an absolute path", { programs: ["/bin/sh", "cat"] }, "SPEC_INVALID"],
      ["has too many", { programs: ["/bin/sh", ...Array.from({ length: 70 }, (_, n) => `/bin/${n}`)] }, "LIMIT_SIZE"],
      ["has one of the project", { programs: ["/bin/sh", "PROJECT/data/h"] }, "EXEC_DENIED"],
      ["has one that is gone", { programs: ["/bin/sh", "/usr/bin/gone"] }, "EXEC_DENIED"],
    ] as const,
  )("is refused when it %s", async ([, { programs }, code]) => {
    const r = rig();
    put(join(r.project, "data/h"), null);
    const at = programs.map((path) => path.replace("PROJECT", r.project));
    expect(codeOf(await runSpec(r, scriptSpec(r, "echo ran", { programs: at })))).toBe(code);
  });
});
