import { describe, expect, it, onTestFinished } from "vitest";
import { openEngine } from "../support/engine.ts";
import { openAiEvents, sendEvents, startModelServer } from "../support/model-server.ts";

const READ = { name: "read", args: JSON.stringify({ path: "notes.txt" }) };

async function engineWith(answers: (last: string, request: string) => Parameters<typeof openAiEvents>[0]) {
  const server = await startModelServer((request, response) => {
    const messages = JSON.parse(request.body).messages;
    const last = JSON.stringify(messages.at(-1));
    return sendEvents(response, openAiEvents(answers(last, request.body)));
  });
  onTestFinished(() => server.close());
  const config = { model: "lab/m", providers: { lab: { kind: "openai-compatible", url: server.url } } };
  return { server, config };
}

describe("compact()", () => {
  it("puts the model's summary in the place of the conversation; what was read taints it still", async () => {
    const { server, config } = await engineWith((last) => {
      if (last.includes("Sum up our conversation")) return { text: "We read notes.txt." };
      if (last.includes("read the notes")) return { calls: [READ] };
      if (last.includes("delete")) return { calls: [{ name: "shell", args: JSON.stringify({ command: "rm -rf x" }) }] };
      return { text: "done" };
    });
    const engine = await openEngine({ files: { "notes.txt": "a long note ".repeat(300) }, config });
    await engine.submit("read the notes");
    expect(await engine.composed.session.compact()).toBe("end");
    expect(engine.events.find(({ type }) => type === "compaction")).toMatchObject({ type: "compaction" });
    const asked = server.requests.at(-1)?.body ?? "";
    expect(JSON.parse(asked).tools ?? []).toEqual([]);
    expect(engine.events.filter((event) => event.type === "text").map((event) => event.text)).not.toContain(
      "We read notes.txt.",
    );
    await engine.submit("delete x");
    const request = server.requests.at(-2)?.body ?? "";
    expect(request).toContain("We read notes.txt.");
    expect(request).not.toContain("a long note");
    // The summary is the model's own text, and what shaped it was a file.
    expect(engine.events.findLast((event) => event.type === "tool_call")).toMatchObject({ tainted: true });
  });

  it("brings the summary back, with its labels, when the session is resumed", async () => {
    const { server, config } = await engineWith((last) => {
      if (last.includes("Sum up our conversation")) return { text: "We read notes.txt." };
      if (last.includes("read the notes")) return { calls: [READ] };
      if (last.includes("go on")) return { calls: [{ name: "shell", args: JSON.stringify({ command: "true" }) }] };
      return { text: "done" };
    });
    const first = await openEngine({ files: { "notes.txt": "a long note ".repeat(300) }, config });
    await first.submit("read the notes");
    await first.composed.session.compact();
    await first.close();
    const second = await openEngine({ beside: first, resume: true, config });
    await second.submit("go on");
    expect(second.events.findLast((event) => event.type === "tool_call")).toMatchObject({ tainted: true });
    const request = server.requests.at(-1)?.body ?? "";
    expect(request).toContain("We read notes.txt.");
    expect(request).not.toContain("a long note");
  });

  it("leaves the conversation as it was when there is nothing to sum up, or no whole summary comes", async () => {
    const { server, config } = await engineWith((last) =>
      last.includes("Sum up our conversation") ? { text: "" } : { text: "hello" }
    );
    const engine = await openEngine({ config });
    expect(await engine.composed.session.compact()).not.toBe("end");
    expect(engine.events.findLast((event) => event.type === "error")).toMatchObject({
      message: "Cannot sum up: nothing was said yet",
    });
    await engine.submit("the first words");
    expect(await engine.composed.session.compact()).toBe("provider");
    await engine.submit("more");
    expect(server.requests.at(-1)?.body).toContain("the first words");
  });

  it("can be cancelled", async () => {
    const { config } = await engineWith(() => ({ text: "hello" }));
    const engine = await openEngine({ config });
    await engine.submit("words");
    const stop = new AbortController();
    const compacting = engine.composed.session.compact(stop.signal);
    stop.abort();
    expect(await compacting).toBe("cancelled");
  });
});
