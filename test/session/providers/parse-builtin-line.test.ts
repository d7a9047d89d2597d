import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type BuiltinLine, parseBuiltinLine } from "../../../session/providers/parse-builtin-line.ts";

function call(tool: string, args: unknown, more: Partial<Extract<BuiltinLine, { kind: "call" }>> = {}): unknown {
  return { kind: "call", tool, args, slash: true, silent: false, ...more };
}
const PLAIN = { slash: false } as const;

describe("parseBuiltinLine()", () => {
  test.for(
    [
      ["/read README.md", call("read", { path: "README.md" })],
      ["  /READ   my notes.txt ", call("read", { path: "my notes.txt" })],
      ['/read "a b.txt"', call("read", { path: "a b.txt" })],
      ["/read 'a \"b\".txt'", call("read", { path: 'a "b".txt' })],
      ["/list", call("list", {})],
      ["/list src", call("list", { path: "src" })],
      ["/search TODO", call("search", { pattern: "TODO" })],
      ["/search sign in in src/a b", call("search", { pattern: "sign in", path: "src/a b" })],
      ['/search "in in in" in src', call("search", { pattern: "in in in", path: "src" })],
      ["/shell npm test && ls", call("shell", { command: "npm test && ls" })],
      ["!git status", call("shell", { command: "git status" })],
      ["! git status", call("shell", { command: "git status" })],
      ["!!git log", call("shell", { command: "git log" }, { silent: true })],
      ["/fetch https://example.test/a b", call("fetch", { url: "https://example.test/a b" })],
      ["/skill repo-security-audit", call("use_skill", { name: "repo-security-audit" })],
      ["/tool word-count", call("word-count", {})],
      ['/tool word-count {"text":"a b"}', call("word-count", { text: "a b" })],
      ['/call write {"path":"a.txt","content":"x"}', call("write", { path: "a.txt", content: "x" })],
      ["help", { kind: "help" }],
      ["HELP", { kind: "help" }],
      ["/help", { kind: "help" }],
      ["read README.md", call("read", { path: "README.md" }, PLAIN)],
      ["Show the file README.md", call("read", { path: "README.md" }, PLAIN)],
      ["open 'a b.txt'", call("read", { path: "a b.txt" }, PLAIN)],
      ["cat src/a.ts", call("read", { path: "src/a.ts" }, PLAIN)],
      ["list", call("list", {}, PLAIN)],
      ["ls src", call("list", { path: "src" }, PLAIN)],
      ["list files in src", call("list", { path: "src" }, PLAIN)],
      ["list the files in src", call("list", { path: "src" }, PLAIN)],
      ["List files", call("list", {}, PLAIN)],
      ["search for TODO in src", call("search", { pattern: "TODO", path: "src" }, PLAIN)],
      ["grep sign in page in src", call("search", { pattern: "sign in page", path: "src" }, PLAIN)],
      ['find "a in b"', call("search", { pattern: "a in b" }, PLAIN)],
      ["run npm test", call("shell", { command: "npm test" }, PLAIN)],
    ] as const,
  )("reads %j", ([line, expected]) => expect(parseBuiltinLine(line)).toEqual(expected));

  test.for([
    "",
    "   ",
    "hello there",
    "open the door",
    "read",
    "read a b",
    "cat -n a.txt",
    "ls -la",
    "show me the secrets",
    "search",
    "run",
    "/unknown thing",
    "read a.txt\nread b.txt",
    "!ls\nrm -rf x",
    "help me",
  ])("does not guess at %j", (line) => expect(parseBuiltinLine(line)).toEqual({ kind: "other" }));

  test.for(
    [
      ["/read", "/read PATH"],
      ["/search", "/search PATTERN [in PATH]"],
      ['/search ""', "/search PATTERN [in PATH]"],
      ["/shell", "/shell COMMAND"],
      ["!", "!COMMAND"],
      ["!!", "!!COMMAND"],
      ["/fetch", "/fetch URL"],
      ["/skill", "/skill NAME"],
      ["/skill ../x y", "/skill NAME"],
      ["/tool", "/tool NAME [JSON]"],
      ["/tool x [1]", "/tool NAME [JSON]"],
      ["/call write", "/call TOOL JSON"],
      ["/call write {bad", "/call TOOL JSON"],
      ["/call write null", "/call TOOL JSON"],
    ] as const,
  )(
    "names the form that %j should have",
    ([line, form]) => expect(parseBuiltinLine(line)).toMatchObject({ kind: "incomplete", form }),
  );

  it("keeps hostile names in JSON as plain members", () => {
    const line = parseBuiltinLine('/call write {"__proto__":{"path":"x"},"constructor":1}');
    expect(line).toMatchObject({ kind: "call" });
    const args = line.kind === "call" ? line.args : {};
    expect(Object.keys(args)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(args)).toBe(Object.prototype);
    expect("path" in args).toBe(false);
  });

  it("answers any text, quickly, with at most one call whose command is on the line", () => {
    assert(
      property(
        oneof(
          string({ maxLength: 200 }),
          array(
            constantFrom("/search", "search", "for", "in", '"', "'", " ", "   ", "!", "a", "/call", "{}", "\n"),
          ).map((words) => words.join(" ")),
        ),
        (text) => {
          const line = parseBuiltinLine(text);
          return line.kind !== "call" || line.tool !== "shell" || text.includes(String(line.args["command"]));
        },
      ),
      { seed: 20251120, numRuns: 150 },
    );
    const start = performance.now();
    parseBuiltinLine(`/search ${" ".repeat(1_000_000)}x`);
    parseBuiltinLine(`search a${" in".repeat(300_000)}`);
    parseBuiltinLine(`list ${"the ".repeat(250_000)}`);
    parseBuiltinLine(`/search ${"a in ".repeat(1_000)}`);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
