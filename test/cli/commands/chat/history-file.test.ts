import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type History, openHistory } from "../../../../cli/commands/chat/history-file.ts";
import { systemRandom } from "../../../../cli/system/random.ts";
import { createRedactor, type Keys, loadSodium, openKeys, seal, toBase64 } from "../../../../core/mod.ts";
import { tempDir } from "../../../support/temp-dir.ts";

beforeAll(loadSodium);

interface Opened {
  readonly history: History;
  readonly warnings: readonly string[];
}

function open(home: string, keys: Keys): Opened {
  const warnings: string[] = [];
  const history = openHistory({ home, keys, random: systemRandom, warn: (text) => warnings.push(text) });
  return { history, warnings };
}

async function installed(): Promise<{ home: string; keys: Keys }> {
  const folder = tempDir();
  return { home: folder, keys: await openKeys({ home: folder, random: systemRandom }) };
}

/** Writes a history as it is kept. */
function put(at: { readonly home: string; readonly keys: Keys }, lines: readonly string[]): void {
  const label = "az/history/v1";
  const plain = new TextEncoder().encode(JSON.stringify(lines));
  const { nonce, bytes } = seal(at.keys.derive(label), plain, { aad: label, random: systemRandom });
  const file = JSON.stringify({ v: 1, nonce: toBase64(nonce), box: toBase64(bytes) });
  writeFileSync(join(at.home, "history.json"), `${file}\n`, { mode: 0o600 });
}

describe("openHistory()", () => {
  it("keeps inputs sealed, over chats, and merges what two chats add", async () => {
    const at = await installed();
    const redactor = createRedactor({ random: systemRandom });
    const [first, second] = [open(at.home, at.keys).history, open(at.home, at.keys).history];
    await first.add("read the readme", redactor);
    await second.add("run the tests", redactor);
    await second.add("run the tests", redactor);
    expect(open(at.home, at.keys).history.lines).toEqual(["read the readme", "run the tests"]);
    expect(readFileSync(join(at.home, "history.json"), "utf8")).not.toContain("readme");
  });

  it("keeps nothing that starts with a blank, is a value of the vault, or looks like a secret", async () => {
    const at = await installed();
    const redactor = createRedactor({ random: systemRandom });
    redactor.add({ bytes: new TextEncoder().encode("fake-value-0123456789"), handle: null, class: "secret" });
    const { history } = open(at.home, at.keys);
    await history.add(" private", redactor);
    await history.add("use fake-value-0123456789 here", redactor);
    await history.add(`curl -H 'token: ghp_${"A1b2C3d4E5".repeat(4).slice(0, 36)}'`, redactor);
    expect(history.lines).toEqual([]);
    expect(existsSync(join(at.home, "history.json"))).toBe(false);
  });

  it("begins anew, and says so, when the file was changed or is open to others", async () => {
    const at = await installed();
    const redactor = createRedactor({ random: systemRandom });
    await open(at.home, at.keys).history.add("read a file", redactor);
    const file = join(at.home, "history.json");
    const text = readFileSync(file, "utf8");
    for (const damage of ["", "{}", "[]", text.replace(/"box":"./, '"box":"!'), text.replace(/(.)"}/, '!"}')]) {
      writeFileSync(file, damage);
      const opened = open(at.home, at.keys);
      expect(opened.history.lines).toEqual([]);
      expect(opened.warnings[0]).toContain("Cannot use the history");
    }
    writeFileSync(file, text);
    chmodSync(file, 0o644);
    expect(open(at.home, at.keys).warnings[0]).toContain("Cannot use the history");
  });

  it("keeps the last thousand", async () => {
    const at = await installed();
    const redactor = createRedactor({ random: systemRandom });
    // Each input waits for the disk: most of them are there already.
    const typed = Array.from({ length: 1_010 }, (_, number) => `input ${number}`);
    put(at, typed.slice(0, 995));
    const { history } = open(at.home, at.keys);
    for (const text of typed.slice(995)) await history.add(text, redactor);
    expect(history.lines).toEqual(typed.slice(10));
    expect(open(at.home, at.keys).history.lines).toEqual(typed.slice(10));
  });
});
