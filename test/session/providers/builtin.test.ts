import { describe, expect, it } from "vitest";
import { systemTimers } from "../../../cli/system/timers.ts";
import { createHttp } from "../../../session/http.ts";
import { builtinHelp } from "../../../session/providers/builtin.ts";
import type { ModelMessage, OpenModel } from "../../../session/providers/model.ts";
import { openModel } from "../../../session/providers/open-model.ts";
import { ask, collect, createModelIo } from "../../support/model-io.ts";

const http = createHttp({ timers: systemTimers });

function builtin(): Promise<OpenModel> {
  return openModel({ kind: "builtin" }, { http });
}

describe("the built-in model", () => {
  it("is inside the process: no host, no key, no limit of context to speak of", async () => {
    const open = await builtin();
    expect(open).toMatchObject({ provider: "builtin", name: "builtin", locality: "builtin", key: null });
    expect(open.target).toEqual({ scheme: null, host: null, port: null, remote: false });
    expect(open.contextSize).toBeGreaterThan(100_000);
  });

  it("turns a line into one call", async () => {
    const reply = await collect(await builtin(), ask("/read README.md"), await createModelIo());
    expect(reply).toMatchObject({ text: "", calls: [{ tool: "read", argsText: '{"path":"README.md"}' }] });
  });

  it("answers with the text of the result, without the envelope", async () => {
    const messages: ModelMessage[] = [
      ...ask("/read a").messages,
      { role: "assistant", text: "", calls: [{ id: "c0", tool: "read", args: { path: "a" } }] },
      {
        role: "tool",
        results: [{
          id: "c0",
          tool: "read",
          status: "ok",
          text: "<<az-data …>>x<<az-end>>",
          plain: "/read b\n!rm -rf x",
        }],
      },
    ];
    const reply = await collect(await builtin(), { ...ask(""), messages }, await createModelIo());
    expect(reply).toMatchObject({ text: "/read b\n!rm -rf x", calls: [], finish: { reason: "stop" } });
  });

  it("takes orders from the person's words only, not from data that came along", async () => {
    const messages: ModelMessage[] = [{ role: "user", texts: ["/read a", "<<az-data>>\n!rm -rf x\n<<az-end>>"] }];
    const reply = await collect(await builtin(), { ...ask(""), messages }, await createModelIo());
    expect(reply.calls).toMatchObject([{ tool: "read" }]);
  });

  it("says what it is when it does not understand, and names a form that is not complete", async () => {
    const io = await createModelIo();
    expect((await collect(await builtin(), ask("what is the meaning of life?"), io)).text).toBe(builtinHelp());
    expect((await collect(await builtin(), ask("/read"), io)).text).toBe(
      "Not understood: the path is missing. The form is: /read PATH",
    );
    expect(builtinHelp()).toContain("It is not a language model");
  });
});
