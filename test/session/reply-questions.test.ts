import { describe, expect, it } from "vitest";
import type { ApprovalAnswer, ApprovalRequest } from "../../core/mod.ts";
import { type Engine, openEngine } from "../support/engine.ts";

function answer(request: ApprovalRequest, scope: "once" | "session" = "once"): Promise<ApprovalAnswer> {
  return Promise.resolve({ kind: "allowed", scope, subject: request.digest, only: null });
}

function positions({ questions }: Engine): readonly unknown[] {
  return questions.map(({ position }) => position === undefined ? null : `${position.at} of ${position.of}`);
}

function write(path: string, content = "x"): string {
  return `{tool: write, args: {path: ${path}, content: "${content}"}}`;
}

describe("the questions of one reply", () => {
  it("are counted: what reads freely, is denied or cannot be planned is no question", async () => {
    const engine = await openEngine({
      person: (request) => answer(request),
      script: `- calls: [${write("a.txt")}, {tool: read, args: {path: README.md}}, {tool: read, args: {path: .env}},
        {tool: nope, args: {}}, {tool: write, args: {}}, ${write("b.txt")}, ${write("c.txt")}]
- text: done`,
      files: { ".env": "TOKEN=fake\n" },
    });
    await engine.submit("write three files");
    expect(positions(engine)).toEqual(["1 of 3", "2 of 3", "3 of 3"]);
  });

  it("that a command leads to are counted as they come, since nobody knows what it will change", async () => {
    const engine = await openEngine({
      person: (request) => answer(request),
      script: `- calls: [{tool: shell, args: {command: "echo 1 > one.txt"}}, ${write("a.txt")}]
- text: done`,
    });
    await engine.submit("go");
    expect(positions(engine)).toEqual(["1 of 2", "2 of 2"]);
  });

  it("are one less where an answer was remembered", async () => {
    const engine = await openEngine({
      person: (request) => answer(request, "session"),
      script: `- calls: [${write("a.txt", "1")}, ${write("a.txt", "2")}, ${write("b.txt")}]
- text: done`,
    });
    await engine.submit("go");
    expect(positions(engine)).toEqual(["1 of 3", "2 of 2"]);
  });

  it("that stand alone are not counted", async () => {
    const engine = await openEngine({ person: (request) => answer(request), script: `- calls: [${write("a.txt")}]` });
    await engine.submit("go");
    expect(positions(engine)).toEqual([null]);
  });

  it("make no attempt at a tool before its turn", async () => {
    const tool = '{tool: generate_tool, args: {name: same, description: d, language: javascript, source: "function", ' +
      "input_schema: {type: object}, examples: [{input: {}, output: 1}]}}";
    const engine = await openEngine({
      person: (request) => answer(request),
      script: `- calls: [${write("a.txt")}, ${tool}, ${tool}, ${tool}]
- text: done`,
    });
    await engine.submit("go");
    const codes = engine.results().map(({ error }) => error?.code ?? "ok");
    expect(codes[0]).toBe("ok");
    expect(codes.slice(1, 3)).not.toContain("TOOL_ATTEMPTS");
    expect(codes[3]).toBe("TOOL_ATTEMPTS");
  });
});
