import { describe, expect, it } from "vitest";
import { runHere } from "../support/command-line.ts";
import { openEngine } from "../support/engine.ts";

const SCALE = Number(process.env["AZ_SCALE"] ?? "1") || 1;
const CALLS = Math.ceil(1000 * SCALE);

describe(`${CALLS} calls at once`, () => {
  it("leave a record without a gap: an intent and a result each, numbered 1 to n", async () => {
    const engine = await openEngine({ files: { "src/a.ts": "export {};\n" } });
    const paths = ["README.md", "src/a.ts", ".env", "missing.txt"];
    const results = await Promise.all(
      Array.from({ length: CALLS }, (_, i) => engine.call("read", { path: paths[i % paths.length] })),
    );
    await engine.close();
    const shown = await runHere(["audit", "show", engine.composed.session.id, "--json"], engine);
    const events = shown.stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    for (const { call, audit, decision } of results) {
      const own = events.filter((event) => event["call"] === call);
      expect(own.map(({ event }) => event)).toEqual(decision === "deny" ? ["intent"] : ["intent", "result"]);
      expect(own.map(({ seq }) => seq)).toEqual([audit.intent, audit.result].filter((seq) => seq !== null));
    }
    const verified = await runHere(["audit", "verify", "--all", "--strict", "--json"], engine);
    expect([verified.exit, verified.json()]).toMatchObject([0, { ok: true }]);
  });
});
