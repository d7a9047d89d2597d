import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { resolvePath } from "../../../policy/actions/paths.ts";
import { windowsProblem } from "../../../policy/actions/windows-forms.ts";
import { outcomeOf } from "./plan.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "az-paths-")));
const project = join(root, "project");
mkdirSync(join(project, "src/deep"), { recursive: true });
mkdirSync(join(root, "outside"));
writeFileSync(join(root, "outside/key.pem"), "fake");
writeFileSync(join(project, "README.md"), "hello");
symlinkSync("../outside/key.pem", join(project, "notes.txt"));
symlinkSync("../../outside", join(project, "src/out"));
symlinkSync("nowhere", join(project, "dangling"));
symlinkSync("loop-b", join(project, "loop-a"));
symlinkSync("loop-a", join(project, "loop-b"));
symlinkSync("README.md", join(project, "inside.md"));
execFileSync("mkfifo", [join(project, "pipe")]);
symlinkSync("pipe", join(project, "to-pipe"));
afterAll(() => rmSync(root, { recursive: true, maxRetries: 10 }));

describe("resolvePath()", () => {
  it.for(
    [
      ["a file", "README.md", "project/README.md", "project/README.md", "file"],
      ["the folder itself", ".", "project", "project", "directory"],
      ["a trailing slash", "README.md/", "project/README.md", "project/README.md", "file"],
      ["dots", "src/../README.md", "project/README.md", "project/README.md", "file"],
      ["what is missing", "src/new/a.ts", "project/src/new/a.ts", "project/src/new/a.ts", "missing"],
      [
        "a second separator in what is missing",
        "src/new//a.ts/",
        "project/src/new/a.ts",
        "project/src/new/a.ts",
        "missing",
      ],
      ["what looks like a URL", "new://a/b", "project/new:/a/b", "project/new:/a/b", "missing"],
      ["a name under a file", "README.md/x", "project/README.md/x", "project/README.md/x", "missing"],
      ["a link that stays inside", "inside.md", "project/README.md", "project/inside.md", "symlink"],
      ["a link to a key outside", "notes.txt", "outside/key.pem", "project/notes.txt", "symlink"],
      ["a linked folder", "src/out/key.pem", "outside/key.pem", "project/src/out/key.pem", "file"],
      ["something new behind a linked folder", "src/out/a/b", "outside/a/b", "project/src/out/a/b", "missing"],
      // The kernel goes to the parent of where the link leads, not of where it stands.
      [
        "dots after a link",
        "src/out/../project/README.md",
        "project/README.md",
        "project/src/project/README.md",
        "file",
      ],
      ["out of the project", "../outside/key.pem", "outside/key.pem", "outside/key.pem", "file"],
      ["percent as it is", "%2e%2e/x", "project/%2e%2e/x", "project/%2e%2e/x", "missing"],
      ["tilde as it is", "~/x", "project/~/x", "project/~/x", "missing"],
      ["a FIFO", "pipe", "project/pipe", "project/pipe", "special"],
      ["a link to a FIFO", "to-pipe", "project/pipe", "project/to-pipe", "special"],
    ] as const,
  )("resolves %s", ([, input, real, lexical, file]) => {
    const expected = { kind: "path", real: join(root, real), lexical: join(root, lexical), file, staged: false };
    expect(resolvePath(input, project)).toEqual(expected);
    expect(resolvePath(`${project}/${input}`, "/")).toEqual(expected);
  });

  it("calls devices special", () => {
    expect(resolvePath("/dev/null", project).file).toBe("special");
  });

  it.each([
    ["nothing", ""],
    ["NUL", "a\0b"],
    ["a lone surrogate", "a\ud800"],
    ["a lone low surrogate", "\udc00"],
    ["4,097 bytes", `/${"a/".repeat(2048)}`],
    ["4,096 bytes that the base makes longer", "ab/".repeat(1365)],
    ["bytes, not characters", "é".repeat(2049)],
    ["a name that is too long", "a".repeat(256)],
    ["a dangling link", "dangling"],
    ["a path through a dangling link", "dangling/x"],
    ["a loop", "loop-a"],
    ["a path through a loop", "loop-a/x"],
    ["dots after what is missing", "missing/../README.md"],
  ])("refuses %s", (_name, input) => {
    expect(outcomeOf(() => resolvePath(input, project))).toEqual({ code: "PATH_INVALID" });
  });

  it("takes 4,096 bytes", () => {
    const input = `/${"a/".repeat(2047)}`;
    expect(Buffer.byteLength(input)).toBe(4095);
    expect(resolvePath(input, "/").file).toBe("missing");
  });

  it("never prints control characters of a refused path", () => {
    expect(() => resolvePath("\u001b[2Jx\u202e\0", project)).toThrow(
      /^Cannot resolve path "\uFFFD\[2Jx\uFFFD\uFFFD": /,
    );
  });

  it("gives a path or a coded error for any text, and the real path is its own real path", () => {
    const segment = fc.oneof(
      fc.constantFrom(
        "..",
        ".",
        "",
        "src",
        "out",
        "notes.txt",
        "dangling",
        "loop-a",
        "missing",
        "README.md",
        "to-pipe",
        "deep",
      ),
      fc.string({ unit: "binary", maxLength: 8 }),
    );
    const text = fc.oneof(
      fc.array(segment, { maxLength: 6 }).map((parts) => parts.join("/")),
      fc.string({ unit: "binary" }),
    );
    const { counterexample } = fc.check(
      fc.property(text, (input) => {
        const found = outcomeOf(() => resolvePath(input, project));
        if ("code" in found) return found.code === "PATH_INVALID";
        const { real } = found.value;
        return resolvePath(real, project).real === real && !real.split("/").includes("..");
      }),
      { numRuns: 3000, seed: 11 },
    );
    expect(counterexample).toBeNull();
  });

  it("never mixes two states of a link that is being swapped", async () => {
    for (const name of ["a", "b"]) {
      mkdirSync(join(root, "race", name), { recursive: true });
      writeFileSync(join(root, "race", name, "x"), name);
    }
    const swap = "while :; do ln -sfn a l; ln -sfn b l; rm -f l; done";
    const racer = spawn("sh", ["-c", swap], { cwd: join(root, "race"), stdio: "ignore" });
    try {
      await new Promise((resolve) => racer.once("spawn", resolve));
      const expected = ["PATH_INVALID", ...["a/x", "b/x", "l/x"].map((name) => join(root, "race", name))];
      const seen = new Set<string>();
      // Until both sides got to run: on a busy machine the racer starts late.
      for (let turn = 0; turn < 5000 || seen.size < 2; turn++) {
        if (turn % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
        const found = outcomeOf(() => resolvePath("l/x", join(root, "race")));
        seen.add("code" in found ? found.code : found.value.real);
      }
      expect([...seen].filter((text) => !expected.includes(text))).toEqual([]);
      expect(seen.size).toBeGreaterThan(1);
    } finally {
      racer.kill("SIGKILL");
      await new Promise((resolve) => racer.once("exit", resolve));
    }
  });
});

describe("windowsProblem()", () => {
  it.each([
    "\\\\server\\share\\x",
    "//server/share",
    "\\\\?\\C:\\x",
    "\\\\.\\PhysicalDrive0",
    "C:secret.txt",
    "README.md::$DATA",
    "a.txt:hidden",
    "key.pem.",
    "key.pem ",
    "src\\key.pem.\\x",
    "con",
    "src/NUL",
    "aux.txt",
    "COM1",
    "lpt9.log",
    "com¹",
    "CONIN$",
    "nul .txt",
  ])("refuses %j", (path) => expect(windowsProblem(path)).not.toBeNull());

  it.each([
    "C:\\Users\\me\\shop\\a.ts",
    "src/a.ts",
    "..\\x",
    "./a",
    "console.ts",
    "com10.txt",
    ".env",
    "a b.txt",
    "nullable",
  ])(
    "takes %j",
    (path) => expect(windowsProblem(path)).toBeNull(),
  );
});
