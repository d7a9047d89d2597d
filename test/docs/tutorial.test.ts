import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { follow, type GuideStep, type Reader, stepsOf } from "../support/guide.ts";
import { openAiEvents, sendEvents, sendJson, startModelServer, type WireReply } from "../support/model-server.ts";
import { tempDir } from "../support/temp-dir.ts";

/** What the model on this machine says, one request after the other. */
const REPLIES: readonly WireReply[] = [
  { calls: [{ name: "search", args: '{"pattern":"TODO|PAYMENT_KEY"}' }] },
  { text: "Two things are left: the rate and the rounding." },
  { text: "The rounding." },
];

describe("docs/tutorial.md", () => {
  it("leads through an hour: every command, in order, on a fresh home", { timeout: 600_000 }, async () => {
    const root = tempDir();
    let turn = 0;
    const model = await startModelServer((request, response) => {
      const reply = REPLIES[turn];
      if (request.method !== "POST" || reply === undefined) return sendJson(response, { status: 404, value: {} });
      turn++;
      return sendEvents(response, openAiEvents(reply));
    });
    onTestFinished(() => model.close());
    mkdirSync(join(root, "me"));
    const reader: Reader = { cwd: root, home: join(root, "me/.agentzero"), type: keyEnd };
    const said = new Map<string, string>();
    const steps = stepsOf("tutorial.md");
    expect(steps.length).toBeGreaterThan(50);
    for (const step of steps) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as a person would
      const ran = await follow(onThisPort(step, model.port), reader);
      expect(`${step.text}\n-> ${ran.exit} ${ran.stdout} ${ran.stderr}`).toContain(`\n-> ${step.exit} `);
      said.set(step.line, ran.stdout + ran.stderr);
    }
    const all = [...said].flat().join("\n");
    expect(turn).toBe(REPLIES.length);
    // The model searched everything, and got nothing of `.env`.
    expect(model.requests.map(({ body }) => body).join("\n")).not.toContain("not-a-real-key");
    expect(all).toContain("Two things are left");
    expect(said.get('agentzero tool run open-tasks --input \'{"dir":"src"}\'')).toContain('{"tax.js":2}');
    expect(said.get('agentzero --home ../friend skill run open-tasks --input \'{"dir":"src"}\'')).toContain("post.js");
    expect(existsSync(join(root, "shop/hour.html"))).toBe(true);
    expect(readFileSync(join(root, "shop/src/tax.js"), "utf8")).toContain("rate = 20");
  });
});

/** The page names the usual port; the server of this test has another one. */
function onThisPort(step: GuideStep, port: number): GuideStep {
  return { ...step, line: step.line.replace(":11434/", `:${port}/`) };
}

function keyEnd(screen: string, said: string): string {
  return said === "with" ? /^key\s+(\S+)$/m.exec(screen)?.[1]?.slice(-8) ?? "" : said;
}
