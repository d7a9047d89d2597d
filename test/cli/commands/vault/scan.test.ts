import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { scanBytes } from "../../../../cli/commands/vault/scan-bytes.ts";
import { readWindows, walkFiles } from "../../../../cli/commands/vault/walk-files.ts";
import { createRedactor, loadSodium, type Redactor } from "../../../../core/mod.ts";
import { codeOf, seededRandom, utf8 } from "../../../support/core-rig.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const HANDLE = "handle://vault/demo/token";

beforeAll(async () => void (await loadSodium()));

function redactor(): Redactor {
  const made = createRedactor({ random: seededRandom() });
  made.add({ bytes: utf8("faketoken-0123456789"), handle: HANDLE, class: "secret" });
  return made;
}

describe("scanBytes()", () => {
  it("tells line, column in characters, handle and spelling, never the value", async () => {
    const base64 = Buffer.from("faketoken-0123456789").toString("base64");
    const found = await scanBytes("a.ts", utf8(`\u00e9\u{1f600} faketoken-0123456789\n\nx = "${base64}"\n`), {
      redactor: redactor(),
      patterns: false,
    });
    expect(found.map(({ line, column, encoding }) => [line, column, encoding])).toEqual([[1, 5, "raw"], [
      3,
      6,
      "base64",
    ]]);
    expect(found[0]).toMatchObject({ path: "a.ts", handle: HANDLE, rule: null, class: "secret" });
    expect(JSON.stringify(found)).not.toContain("faketoken-0");
  });

  it("adds patterns on request, but not for what is known or binary", async () => {
    const text = "password=faketoken-0123456789 ada@mail.example.org";
    const options = { redactor: redactor(), patterns: true };
    expect((await scanBytes("a", utf8(text), options)).map(({ handle, rule }) => handle ?? rule)).toEqual([
      HANDLE,
      "pii/email",
    ]);
    expect(await scanBytes("a", utf8(`\0${text}`), options)).toHaveLength(1);
  });
});

describe("walkFiles()", () => {
  it("lists regular files in order, follows no link and leaves .git out", () => {
    const folder = tempDir({ "b/c.txt": "", "a.txt": "", ".git/config": "", ".env": "" });
    symlinkSync("/etc", join(folder, "link"));
    expect([...walkFiles(folder)].map(({ path }) => path.slice(folder.length + 1))).toEqual([
      ".env",
      "a.txt",
      "b/c.txt",
    ]);
    expect([...walkFiles(join(folder, "a.txt"))]).toHaveLength(1);
    expect([...walkFiles(join(folder, "link"))]).toMatchObject([{ kind: "skipped" }]);
    expect(codeOf(() => [...walkFiles(join(folder, "none"))])).toBe("NOT_FOUND");
  });
});

describe("readWindows()", () => {
  it("finds a value on the border of two windows once, at its right line", async () => {
    const folder = tempDir();
    const path = join(folder, "big");
    const size = 16 * 1024 * 1024;
    const bytes = Buffer.alloc(size + 1000, "x\n");
    bytes.write("faketoken-0123456789", size - 10);
    bytes.write("faketoken-0123456789", 100);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, bytes);
    const found = [];
    for (const window of readWindows(path)) {
      // oxlint-disable-next-line no-await-in-loop -- one window in memory at a time
      const hits = await scanBytes("big", window?.bytes ?? bytes, {
        redactor: redactor(),
        patterns: false,
        before: window?.before ?? { bytes: 0, lines: 0, column: 0 },
      });
      found.push(...hits.filter((hit) => hit.end > (window?.seen ?? 0)));
    }
    expect(found.map(({ line, end }) => [line, end])).toEqual([[51, 120], [(size - 10) / 2 + 1 - 10, size + 10]]);
  });

  it("gives up on what cannot be read", () => {
    expect([...readWindows(join(tempDir(), "none"))]).toEqual([null]);
    expect([...readWindows(tempDir())]).toEqual([null]);
  });
});
