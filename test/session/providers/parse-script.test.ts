import { array, assert, asyncProperty, constantFrom } from "fast-check";
import { describe, expect, it, test } from "vitest";
import { SessionError } from "../../../session/errors.ts";
import { parseScript } from "../../../session/providers/parse-script.ts";

describe("parseScript()", () => {
  it("reads turns, calls and arguments of every JSON kind", async () => {
    const turns = await parseScript(
      [
        "- text: Reading.",
        "  calls:",
        "    - { tool: read, args: { path: README.md, limit: 3 } }",
        "    - tool: list",
        '- text: "It says: ${last}"',
        "- {}",
        '- calls: [{ tool: x, args: { a: null, b: [1, 2.5, true], "c d": {e: "no"} } }]',
      ].join("\n"),
      "turns.yml",
    );
    expect(turns).toEqual([
      {
        text: "Reading.",
        calls: [{ tool: "read", args: { path: "README.md", limit: 3 } }, { tool: "list", args: {} }],
      },
      { text: "It says: ${last}" },
      {},
      { calls: [{ tool: "x", args: { a: null, b: [1, 2.5, true], "c d": { e: "no" } } }] },
    ]);
  });

  it("reads JSON, which is YAML", async () => {
    expect(await parseScript('[{"text":"a"},{"calls":[{"tool":"t","args":{}}]}]', "t.json")).toHaveLength(2);
    expect(await parseScript("[]", "empty.yml")).toEqual([]);
  });

  test.for(
    [
      ["an unknown key of a turn", "- text: a\n- txet: b", "line 2", "txet"],
      ["an unknown key of a call", "- calls:\n    - tool: a\n      arsg: {}", "line 3", "arsg"],
      ["a missing tool", "- calls: [{args: {}}]", "line 1", "tool"],
      ["text that is a number", "- text: 12", "line 1", "must be text"],
      ["arguments that are a list", "- calls: [{tool: a, args: [1]}]", "line 1", "mapping"],
      ["a mapping instead of a list", "text: a", "line 1", "a list of turns"],
      ["an empty file", "", "", "a list of turns"],
      ["an empty turn", "- ", "line 1", "mapping"],
      ["a duplicate key", "- text: a\n  text: b", "line 2", "unique"],
      ["broken YAML", "- [", "line 1", ""],
      ["two documents", "- text: a\n---\n- text: b", "line 2", "multiple documents"],
      ["an alias", "- &a { text: x }\n- *a", "line 1", "anchors"],
      ["an anchor on text", "- text: &x a", "line 1", "anchors"],
      ["a tag", "- text: !!str 1", "line 1", "tags"],
      ["an unknown tag", "- text: !evil 1", "line 1", "tag"],
      ["a directive", "%YAML 1.2\n---\n- text: a", "line 1", "directives"],
      ["a tag directive", "%TAG ! tag:x,2000:\n---\n- text: a", "line 1", "directives"],
      ["a merge key", "- calls: [{tool: a, args: {<<: {b: 1}}}]", "line 1", "plain text"],
      ["a key that is a number", "- calls: [{tool: a, args: {1: b}}]", "line 1", "plain text"],
      ["a number without JSON form", "- calls: [{tool: a, args: {b: .inf}}]", "line 1", "no JSON form"],
      ["deep nesting", `- calls: [{tool: a, args: {b: ${"[".repeat(100)}${"]".repeat(100)}}}]`, "line 1", "too deep"],
      ["very deep nesting", "[".repeat(5_000), "", ""],
      ["a huge file", `- text: "${"a".repeat(1_100_000)}"`, "", "1048576 bytes"],
    ] as const,
  )("refuses %s", async ([, text, line, words]) => {
    await expect(parseScript(text, "turns.yml")).rejects.toMatchObject({
      code: "SCRIPT_INVALID",
      message: expect.stringMatching(new RegExp(`^Cannot load script "turns.yml": .*`, "s")),
    });
    const error = await parseScript(text, "turns.yml").catch((cause: unknown) => cause as Error);
    expect("message" in error ? error.message : "").toContain(line);
    expect("message" in error ? error.message : "").toContain(words);
  });

  it("takes a key called __proto__ for what it is", async () => {
    const [turn] = await parseScript('- calls: [{tool: a, args: {"__proto__": {x: 1}}}]', "turns.yml");
    const args = turn?.calls?.[0]?.args ?? {};
    expect(Object.keys(args)).toEqual(["__proto__"]);
    expect("x" in args).toBe(false);
  });

  it("gives turns or SCRIPT_INVALID for any text", async () => {
    const letters = constantFrom(
      "-",
      ":",
      "{",
      "}",
      "[",
      "]",
      "&",
      "*",
      "!",
      "|",
      ">",
      "%",
      '"',
      "'",
      " ",
      "\n",
      "\t",
      "a",
      "1",
      "#",
      "?",
    );
    const seen = new Set<unknown>();
    await assert(
      asyncProperty(array(letters, { maxLength: 60 }), async (text) => {
        const outcome = await parseScript(text.join(""), "x.yml").catch((cause: unknown) => cause);
        seen.add(Array.isArray(outcome) ? "turns" : outcome instanceof SessionError ? outcome.code : outcome);
      }),
      { seed: 20251120, numRuns: 200 },
    );
    expect([...seen].filter((outcome) => outcome !== "turns")).toEqual(["SCRIPT_INVALID"]);
  });
});
