import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import { linesOf, makePlace, type Place, putLines, recordCalls, recordSession } from "./support.ts";

const PROGRAM = fileURLToPath(new URL("../../docs/azlog-verify.mjs", import.meta.url));
const FIXTURES = fileURLToPath(new URL("../fixtures/azlog/", import.meta.url));
const RUNTIME = process.versions["deno"] === undefined ? [] : ["run", "-A"];
const SESSION = "ses_01KAHMQQ13ZSNTMYATVX1QS9TY";

function run(args: readonly string[]): { readonly exit: number | null; readonly out: string } {
  const done = spawnSync(process.execPath, [...RUNTIME, PROGRAM, ...args], { encoding: "utf8" });
  return { exit: done.status, out: done.stdout + done.stderr };
}

function check(place: Place, ...files: readonly string[]): { readonly exit: number | null; readonly out: string } {
  const pub = join(place.home, "keys", "audit-sign.pub");
  return run([
    "--pub",
    pub,
    "--heads",
    join(place.dir, "HEADS"),
    "--heads",
    join(place.home, "trust", "HEADS"),
    ...files,
  ]);
}

describe("docs/azlog-verify.mjs", () => {
  it("is short and imports nothing of the product", () => {
    const text = readFileSync(PROGRAM, "utf8");
    expect(text.split("\n").length - 1).toBeLessThan(150);
    expect([...text.matchAll(/from "([^"]+)"/g)].map(([, name]) => name)).toEqual([
      "node:crypto",
      "node:fs",
      "node:path",
      "node:util",
    ]);
  });

  it("accepts the golden files", () => {
    const files = [`${SESSION}.jsonl`, `${SESSION}.2.jsonl`].map((name) => join(FIXTURES, name));
    const heads = ["HEADS", "user-HEADS"].flatMap((name) => ["--heads", join(FIXTURES, name)]);
    expect(run(["--pub", join(FIXTURES, "audit-sign.pub"), ...heads, ...files])).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/\nok\n$/),
    });
  });

  it("accepts what the product writes, over many checkpoints", async () => {
    const place = await makePlace();
    const log = await recordSession(place, 90);
    expect(check(place, log.file)).toMatchObject({ exit: 0, out: expect.stringContaining("152 events, ok") });
  });

  it("accepts an open session with a torn line", async () => {
    const place = await makePlace();
    const log = await place.open();
    await recordCalls(log, 3);
    appendFileSync(log.file, '{"t":"e"');
    expect(check(place, log.file)).toMatchObject({ exit: 0, out: expect.stringContaining("unfinished line") });
  });

  test.for(
    [
      ["a deleted line", (all: string[]) => all.toSpliced(3, 1), /does not follow/],
      ["a swapped line", (all: string[]) => all.with(3, all[4] ?? "").with(4, all[3] ?? ""), /does not follow/],
      ["a cut tail", (all: string[]) => all.slice(0, -2), /cut off/],
      [
        "a changed time",
        (all: string[]) => all.with(2, (all[2] ?? "").replace('"ts":17', '"ts":18')),
        /does not follow/,
      ],
      [
        "a changed header",
        (all: string[]) => all.with(0, (all[0] ?? "").replace('"runtime":"test"', '"runtime":"best"')),
        /signed by somebody else/,
      ],
      [
        "a changed end",
        (all: string[]) => all.with(all.length - 1, (all.at(-1) ?? "").replace('"exit":"ok"', '"exit":"failed"')),
        /wrong root or signature/,
      ],
      ["something behind the end", (all: string[]) => [...all, all.at(-1) ?? ""], /wrong place/],
      ["a blank", (all: string[]) => all.with(2, (all[2] ?? "").replace(",", ", ")), /not of the format/],
    ] as const,
  )("finds %s", async ([, change, message]) => {
    const place = await makePlace();
    const log = await recordSession(place);
    putLines(log.file, change(linesOf(log.file)));
    expect(check(place, log.file)).toMatchObject({ exit: 7, out: expect.stringMatching(message) });
  });

  it("finds a changed ledger, and another installation's key", async () => {
    const [place, stranger] = [await makePlace(), await makePlace("stranger")];
    const log = await recordSession(place);
    expect(check({ ...place, home: stranger.home }, log.file).exit).not.toBe(0);
    const heads = join(place.dir, "HEADS");
    writeFileSync(heads, readFileSync(heads, "utf8").replace('"kind":"head"', '"kind":"open"'));
    expect(check(place, log.file)).toMatchObject({ exit: 7, out: expect.stringMatching(/not signed|does not follow/) });
  });

  it("says how to use it", () => expect(run([])).toMatchObject({ exit: 2, out: expect.stringContaining("usage:") }));
});
