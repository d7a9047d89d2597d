import { describe, expect, it, onTestFinished } from "vitest";
import { isId, labelOf, loadSodium, USER_LABEL } from "../../core/mod.ts";
import { createBudget } from "../../session/budget.ts";
import { type ContextItem, createContext } from "../../session/context.ts";
import { openEngine } from "../support/engine.ts";
import { openAiEvents, sendEvents, startModelServer } from "../support/model-server.ts";

const CALL = "call_01ARZ3NDEKTSV4RRFFQ69G5FAV";

function reply(text: string, source = "a.txt"): ContextItem {
  if (!isId("call", CALL)) throw new Error("bad id");
  const result = { text, label: labelOf("file", ["pii"], source), detected: [] };
  const call = { call: CALL, id: "1", tool: "read", args: {}, status: "ok", result } as const;
  return { kind: "reply", text: "", label: USER_LABEL, calls: [call] };
}

/** A reply that wrote a file. */
function written(content: string): ContextItem {
  const item = reply("kept");
  if (item.kind !== "reply") throw new Error("no reply");
  return { ...item, calls: item.calls.map((call) => ({ ...call, tool: "write", args: { path: "a", content } })) };
}

function model(contextSize: number | null): Parameters<typeof createBudget>[0] {
  return { contextSize, locality: "local" };
}

describe("createBudget()", () => {
  it("says once that the context fills, then leaves out the oldest outputs and keeps their labels", async () => {
    await loadSodium();
    const context = createContext([{ kind: "prompt", text: "go", data: [] }]);
    // 4,000 tokens less a quarter for the reply: 3,000 tokens, 9,000 bytes.
    const budget = createBudget(model(4000), context);
    expect(budget.look()).toEqual({ kind: "fits" });
    context.add(reply("a".repeat(3200), "first.txt"));
    context.add(reply("b".repeat(3200)));
    expect(budget.look()).toMatchObject({ kind: "notice" });
    expect(budget.look()).toEqual({ kind: "fits" });
    context.add(reply("c".repeat(1600)));
    const step = budget.look();
    expect(step).toMatchObject({ kind: "pruned" });
    const texts = context.items.flatMap((
      item,
    ) => (item.kind === "reply" ? item.calls.map(({ result }) => result.text) : []));
    expect(texts[0]).toMatch(
      /^\[left out to make room: read of "first\.txt", 3200 bytes, b2:[0-9a-f]{64}, file, pii; /u,
    );
    expect(texts.slice(1)).toEqual(["b".repeat(3200), "c".repeat(1600)]);
    expect(context.label().classes).toContain("pii");
    expect(context.label().trust).toContain("file");
    expect(budget.look()).toEqual({ kind: "fits" });
  });

  it("leaves a stub as it is when it cuts again: size and digest are those of the output", async () => {
    await loadSodium();
    const context = createContext([reply("a".repeat(4000), "first.txt"), reply("b"), reply("c")]);
    const budget = createBudget(model(4000), context);
    for (const text of ["d", "e", "f", "g"]) {
      context.add(reply(text.repeat(4000)));
      budget.look();
    }
    const [first] = context.items;
    if (first?.kind !== "reply") throw new Error("no reply");
    expect(first.calls[0]?.result.text).toContain('read of "first.txt", 4000 bytes');
  });

  it("keeps the text of a loaded skill, however old", async () => {
    await loadSodium();
    const skill = reply("do this ".repeat(300));
    if (skill.kind !== "reply") throw new Error("no reply");
    const loaded = { ...skill, calls: skill.calls.map((call) => ({ ...call, tool: "use_skill" })) };
    const context = createContext([loaded, reply("a".repeat(4000)), reply("b".repeat(2000)), reply("c".repeat(2000))]);
    expect(createBudget(model(4000), context).look()).toMatchObject({ kind: "pruned" });
    const texts = context.items.flatMap((item) =>
      item.kind === "reply" ? item.calls.map((call) => call.result.text) : []
    );
    expect(texts[0]).toBe("do this ".repeat(300));
    expect(texts[1]).toMatch(/^\[left out/u);
  });

  it("believes what the provider counted, and reckons what came since", () => {
    const context = createContext([{ kind: "prompt", text: "go", data: [] }]);
    const budget = createBudget(model(4000), context);
    budget.reported(2000);
    context.add(reply("x".repeat(600)));
    expect(budget.look()).toMatchObject({ kind: "notice" });
  });

  it("gives up when nothing is left to cut: the person's words and the last replies stay", async () => {
    await loadSodium();
    const context = createContext([{ kind: "prompt", text: "p".repeat(10_000), data: [] }]);
    expect(createBudget(model(4000), context).look()).toMatchObject({ kind: "full", tokens: 3000 });
    const recent = createContext([reply("a".repeat(5000)), reply("b".repeat(5000))]);
    expect(createBudget(model(4000), recent).look()).toMatchObject({ kind: "full" });
  });

  it("leaves out long arguments of calls that are past, not those of the last replies", async () => {
    await loadSodium();
    const context = createContext(["x", "y", "z"].map((letter) => written(letter.repeat(2_800))));
    expect(createBudget(model(4000), context).look()).toMatchObject({ kind: "pruned" });
    const args = context.items.flatMap((item) => item.kind === "reply" ? item.calls.map((call) => call.args) : []);
    expect(args).toEqual([
      { path: "a", content: `${"x".repeat(512)}[left out: 2800 bytes in all]` },
      { path: "a", content: "y".repeat(2_800) },
      { path: "a", content: "z".repeat(2_800) },
    ]);
  });

  it("watches no model in this process", () => {
    const context = createContext([{ kind: "prompt", text: "p".repeat(1_000_000), data: [] }]);
    const budget = createBudget({ contextSize: 100, locality: "builtin" }, context);
    expect(budget.look()).toEqual({ kind: "fits" });
    expect(budget.mustAsk()).toBe(false);
  });

  it("takes a model that nobody knows for a small one, asks once that matters, believes a sane answer", () => {
    const context = createContext([{ kind: "prompt", text: "p".repeat(1_000), data: [] }]);
    const budget = createBudget(model(null), context);
    expect([budget.size, budget.mustAsk()]).toEqual([16_384, false]);
    context.add({ kind: "prompt", text: "p".repeat(30_000), data: [] });
    expect(budget.mustAsk()).toBe(true);
    for (const absurd of [0, -1, 1e12, Number.NaN]) {
      budget.resize(absurd);
      expect(budget.size).toBe(16_384);
    }
    budget.resize(131_072);
    expect([budget.size, budget.mustAsk(), budget.look().kind]).toEqual([131_072, false, "fits"]);
  });
});

describe("a conversation with a small model", () => {
  it("goes on with stubs in the place of what it read first", async () => {
    const server = await startModelServer((_, response) => {
      const n = server.requests.length;
      const call = { name: "read", args: JSON.stringify({ path: `f${n}.txt` }) };
      return sendEvents(response, openAiEvents(n <= 6 ? { calls: [call] } : { text: "done" }));
    });
    onTestFinished(() => server.close());
    const files = Object.fromEntries(
      Array.from({ length: 6 }, (_, n) => [`f${n + 1}.txt`, `file ${n + 1} ${"x ".repeat(1500)}`]),
    );
    const engine = await openEngine({
      files,
      config: {
        model: "lab/m",
        models: { "lab/m": { context: 6000 } },
        providers: { lab: { kind: "openai-compatible", url: server.url } },
      },
    });
    expect(await engine.submit("read them all")).toMatchObject({ stop: "end", text: "done", exit: 0 });
    expect(engine.events.map(({ type }) => type)).toContain("compaction");
    const last = server.requests.at(-1)?.body ?? "";
    expect(last).toContain("left out to make room");
    expect(last).not.toContain("file 1 x");
    expect(last).toContain("file 6 x");
    expect(last.length).toBeLessThan(40_000);
  });

  it("asks the server for the size once the conversation outgrows what is assumed", async () => {
    const server = await startModelServer((request, response) => {
      if (request.method === "GET") {
        return response.end(JSON.stringify({ data: [{ id: "m", context_length: 200_000 }] }));
      }
      return sendEvents(response, openAiEvents({ text: "ok" }));
    });
    onTestFinished(() => server.close());
    const providers = { lab: { kind: "openai-compatible", url: server.url } };
    const engine = await openEngine({ config: { model: "lab/m", providers } });
    expect(await engine.submit("short")).toMatchObject({ stop: "end" });
    expect(server.requests.map(({ method }) => method)).toEqual(["POST"]);
    // Far more than the assumed context could take.
    expect(await engine.submit("x ".repeat(60_000))).toMatchObject({ stop: "end", text: "ok" });
    expect(server.requests.map(({ method }) => method)).toEqual(["POST", "GET", "POST"]);
    await engine.submit("again");
    expect(server.requests.filter(({ method }) => method === "GET")).toHaveLength(1);
  });
});
