import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createOutput } from "../../../cli/output/output.ts";
import { systemRandom } from "../../../cli/system/random.ts";
import { PLAIN } from "../../../cli/term/style.ts";
import { createRedactor, loadSodium } from "../../../core/mod.ts";

const VALUE = "fake-Secret-Value-4711-not-real";

describe("createOutput()", () => {
  it.each([false, true])("masks a value in a failure, its causes and their stacks (json %s)", async (json) => {
    await loadSodium();
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const output = createOutput({ stdout, stderr, json, terminal: false, style: PLAIN, debug: true });
    const redactor = createRedactor({ random: systemRandom });
    output.maskWith((text) => redactor.mask(text).text);
    // Learned after the output was told to mask.
    redactor.add({ bytes: new TextEncoder().encode(VALUE), handle: "handle://vault/demo/token", class: "secret" });
    const inner = Object.assign(new Error(`ENOENT: open '/x/${VALUE}'`), { code: "ENOENT", path: `/x/${VALUE}` });
    output.error(new TypeError(`cannot parse ${Buffer.from(VALUE).toString("base64")}`, { cause: inner }));
    output.error(inner);
    const shown = `${textOf(stdout)}${textOf(stderr)}`;
    expect(shown).toContain("caused by");
    expect(shown).toContain("ENOENT");
    expect(shown).toMatch(/\[SECRET_[A-Z2-7]{8}\]/u);
    expect(shown).not.toContain(VALUE);
    expect(shown).not.toContain(Buffer.from(VALUE).toString("base64"));
  });
});

describe("table()", () => {
  const rows = [["SESSION", "TITLE"], [
    "ses_0123456789",
    "a title that is longer than the window of this person is wide",
  ]];

  it("breaks the last column for a terminal, and leaves a pipe its lines", () => {
    const [terminal, pipe, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const parts = { stderr, json: false, style: PLAIN, debug: false, columns: 50 };
    createOutput({ ...parts, stdout: terminal, terminal: true }).table(rows);
    createOutput({ ...parts, stdout: pipe, terminal: false }).table(rows);
    const lines = textOf(terminal).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.filter((line) => line.length > 50)).toEqual([]);
    expect(textOf(pipe).trimEnd().split("\n")).toHaveLength(2);
  });
});

/** All that was written so far: one `read()` may give a part of it. */
function textOf(stream: PassThrough): string {
  let text = "";
  for (let chunk: unknown = stream.read(); Buffer.isBuffer(chunk); chunk = stream.read()) text += chunk.toString();
  return text;
}
