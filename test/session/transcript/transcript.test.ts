import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { openKeys, type SessionId } from "../../../core/mod.ts";
import {
  createTranscript,
  listTranscripts,
  readTranscript,
  removeTranscript,
  resumeTranscript,
  transcriptFile,
  type TranscriptRecord,
} from "../../../session/transcript.ts";
import { titleOf } from "../../../session/transcript/record.ts";
import { transcriptIds } from "../../../session/transcript/list-transcripts.ts";
import { systemRandom } from "../../../cli/system/random.ts";
import {
  createTranscriptHome,
  headerFor,
  promptItem,
  replyItem,
  type TranscriptHome,
} from "../../support/transcript-home.ts";

let at: TranscriptHome;
beforeEach(async () => {
  at = await createTranscriptHome();
});
afterEach(() => at.remove());

const STATE: TranscriptRecord = { kind: "state", state: { script: 3, turns: 2, input: 10, output: 20 } };

function write(records: (session: SessionId) => readonly TranscriptRecord[]): { session: SessionId; file: string } {
  const session = at.session();
  const transcript = createTranscript(at.folder, { session, header: headerFor("hello") }, at.writing);
  for (const record of records(session)) transcript.append(record);
  transcript.close();
  return { session, file: transcript.file };
}

function usual(session: SessionId): readonly TranscriptRecord[] {
  return [
    { kind: "item", item: promptItem("hello") },
    { kind: "item", item: replyItem(session, "hi", "const a = 1;\n") },
    { kind: "notice", code: "CONTEXT", text: "70 % full" },
    STATE,
  ];
}

function mask(text: string): string {
  return text.replaceAll("s3cret-value", "[SECRET_X]").replaceAll("private", "[MASKED]");
}

function lines(file: string): string[] {
  return readFileSync(file, "utf8").split("\n").slice(0, -1);
}

function put(file: string, all: readonly string[]): void {
  writeFileSync(file, `${all.join("\n")}\n`);
}

describe("a transcript", () => {
  it("gives back what was written, and nothing of it in clear", () => {
    const { session, file } = write(usual);
    const content = readTranscript(at.folder, session);
    const raw = readFileSync(file, "utf8");
    expect(content).toMatchObject({ session, header: headerFor("hello"), notices: [], state: { script: 3, turns: 2 } });
    expect(content.records).toEqual([
      { kind: "item", item: promptItem("hello") },
      { kind: "item", item: expect.objectContaining({ kind: "reply", text: "hi" }) },
      { kind: "notice", code: "CONTEXT", text: "70 % full" },
      STATE,
    ]);
    expect(content.items).toHaveLength(2);
    for (const word of ["hello", "src/a.ts", "llama3.2", "/home/me/shop", "from a pipe"]) {
      expect(raw).not.toContain(word);
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(at.folder.dir).mode & 0o777).toBe(0o700);
  });

  it("hides lengths in steps", () => {
    const short = write(() => [{ kind: "notice", code: "A", text: "x" }]);
    const longer = write(() => [{ kind: "notice", code: "A", text: "x".repeat(90) }]);
    expect(statSync(short.file).size).toBe(statSync(longer.file).size);
  });

  it("lets a rewritten context take the place of all before it", () => {
    const { session } = write((id) => [
      ...usual(id),
      { kind: "rewrite", items: [promptItem("short")] },
      { kind: "item", item: promptItem("next") },
    ]);
    const content = readTranscript(at.folder, session);
    expect(content.items).toEqual([promptItem("short"), promptItem("next")]);
    expect(content.records).toHaveLength(6);
  });

  it("masks every free text before it is sealed, names of arguments included, and no word of a closed set", () => {
    const session = at.session();
    const transcript = createTranscript(at.folder, { session, header: headerFor("a s3cret-value") }, {
      ...at.writing,
      mask,
    });
    const item = replyItem(session, "s3cret-value", "x s3cret-value");
    const [call] = item.kind === "reply" ? item.calls : [];
    if (item.kind !== "reply" || call === undefined) throw new Error("expected a call");
    transcript.append({
      kind: "item",
      item: { ...item, calls: [{ ...call, args: { "s3cret-value": ["s3cret-value"], kind: "s3cret-value" } }] },
    });
    transcript.close();
    const content = readTranscript(at.folder, session);
    expect(JSON.stringify(content)).not.toContain("s3cret-value");
    expect(content.header.title).toBe("a [SECRET_X]");
    expect(content.items[0]).toMatchObject({
      text: "[SECRET_X]",
      calls: [{
        args: { "[SECRET_X]": ["[SECRET_X]"], kind: "[SECRET_X]" },
        result: { label: { classes: ["private"] } },
      }],
    });
  });

  it("is not begun twice", () => {
    const { session } = write(usual);
    expect(() => createTranscript(at.folder, { session, header: headerFor("x") }, at.writing)).toThrow(
      expect.objectContaining({ code: "SESSION_BUSY" }),
    );
    expect(readTranscript(at.folder, session).items).toHaveLength(2);
  });

  it("is not kept in a folder that others may read, or that is a link", () => {
    write(usual);
    chmodSync(at.folder.dir, 0o755);
    expect(() => write(usual)).toThrow(
      expect.objectContaining({ code: "SESSION_WRITE", hint: expect.stringContaining("chmod") }),
    );
    chmodSync(at.folder.dir, 0o700);
    renameSync(at.folder.dir, `${at.folder.dir}-real`);
    symlinkSync(`${at.folder.dir}-real`, at.folder.dir);
    expect(() => write(usual)).toThrow(/symbolic link/);
  });
});

describe("going on", () => {
  it("appends to what is there, again and again", () => {
    const { session } = write(usual);
    for (let round = 0; round < 3; round++) {
      const { content, transcript } = resumeTranscript(at.folder, session, at.writing);
      expect(content.items).toHaveLength(2 + round);
      transcript.append({ kind: "item", item: promptItem(`round ${round}`) });
      transcript.close();
    }
    expect(readTranscript(at.folder, session).items).toHaveLength(5);
  });

  it("drops a last line that was cut off, wherever it was cut, and goes on behind the whole ones", () => {
    const { session, file } = write(usual);
    const whole = readFileSync(file);
    const last = whole.lastIndexOf(10, whole.length - 2) + 1;
    for (let cut = last + 1; cut < whole.length; cut += 37) {
      writeFileSync(file, whole.subarray(0, cut));
      const content = readTranscript(at.folder, session);
      expect(content.records).toHaveLength(3);
      expect(content.notices).toEqual(["the last line was cut off and is left out"]);
    }
    const { transcript } = resumeTranscript(at.folder, session, at.writing);
    transcript.append({ kind: "item", item: promptItem("after the crash") });
    transcript.close();
    const after = readTranscript(at.folder, session);
    expect(after.notices).toEqual([]);
    expect(after.items).toHaveLength(3);
  });

  it("refuses a second writer while the first one lives, and takes over from one that is gone", () => {
    const { session, file } = write(usual);
    const first = resumeTranscript(at.folder, session, at.writing);
    expect(() => resumeTranscript(at.folder, session, at.writing)).toThrow(
      expect.objectContaining({ code: "SESSION_BUSY", message: expect.stringContaining(`process ${at.writer.pid}`) }),
    );
    first.transcript.close();
    expect(existsSync(`${file}.lock`)).toBe(false);
    writeFileSync(`${file}.lock`, JSON.stringify({ ...at.writer, boot: "another-boot" }), { mode: 0o600 });
    const second = resumeTranscript(at.folder, session, at.writing);
    second.transcript.append({ kind: "item", item: promptItem("taken over") });
    second.transcript.close();
    expect(readTranscript(at.folder, session).items).toHaveLength(3);
  });

  test.for(
    [
      ["half a lock", "{"],
      ["a lock of another shape", "{}"],
      ["a lock from another namespace", null],
    ] as const,
  )("does not guess that a writer is gone: %s", ([, text]) => {
    const { session, file } = write(usual);
    writeFileSync(`${file}.lock`, text ?? JSON.stringify({ ...at.writer, ns: "pid:[1]", pid: 1 }), { mode: 0o600 });
    expect(() => resumeTranscript(at.folder, session, at.writing)).toThrow(
      expect.objectContaining({ code: "SESSION_BUSY" }),
    );
  });

  it("leaves no lock beside a session that does not exist", () => {
    write(usual);
    const session = at.session();
    expect(() => resumeTranscript(at.folder, session, at.writing)).toThrow(
      expect.objectContaining({ code: "SESSION_NOT_FOUND" }),
    );
    expect(existsSync(`${transcriptFile(at.folder.dir, session)}.lock`)).toBe(false);
  });

  it("is closed once and takes nothing afterwards", () => {
    const { session } = write(usual);
    const { transcript } = resumeTranscript(at.folder, session, at.writing);
    transcript.close();
    transcript.close();
    expect(() => transcript.append(STATE)).toThrow(expect.objectContaining({ code: "SESSION_WRITE" }));
  });
});

describe("damage", () => {
  test.for(
    [
      ["two lines exchanged", (all: string[]) => [all[0], all[2], all[1], ...all.slice(3)]],
      ["a line removed in the middle", (all: string[]) => [...all.slice(0, 2), ...all.slice(3)]],
      ["a line doubled", (all: string[]) => [...all, all.at(-1)]],
      [
        "a line with another number",
        (all: string[]) => [...all.slice(0, -1), all.at(-1)?.replace(/"i":\d+/, '"i":99')],
      ],
      ["a blank added", (all: string[]) => [...all.slice(0, -1), all.at(-1)?.replace('{"t"', '{ "t"')]],
      ["an empty line", (all: string[]) => [...all, ""]],
      ["a line of another kind", (all: string[]) => [...all, '{"t":"x"}']],
      ["the header gone", (all: string[]) => all.slice(1)],
      ["an unknown version", (all: string[]) => [all[0]?.replace("aztranscript/1", "aztranscript/2"), ...all.slice(1)]],
      ["another time", (all: string[]) => [all[0]?.replace(/"created":\d+/, '"created":1'), ...all.slice(1)]],
    ] as const,
  )("is found: %s", ([, change]) => {
    const { session, file } = write(usual);
    put(file, change(lines(file)).map((line) => line ?? ""));
    expect(() => readTranscript(at.folder, session)).toThrow(expect.objectContaining({ code: "SESSION_DAMAGED" }));
    expect(() => resumeTranscript(at.folder, session, at.writing)).toThrow(
      expect.objectContaining({ code: "SESSION_DAMAGED" }),
    );
    expect(listTranscripts(at.folder)).toHaveLength(1);
  });

  it("is found: a line of an earlier branch, in its old place", () => {
    const { session, file } = write(usual);
    const before = lines(file);
    put(file, before.slice(0, 3));
    const { transcript } = resumeTranscript(at.folder, session, at.writing);
    transcript.append({ kind: "notice", code: "X", text: "another branch" });
    transcript.close();
    put(file, [...lines(file), before[4] ?? ""]);
    expect(() => readTranscript(at.folder, session)).toThrow(/line 5 is not as it was written/);
  });

  it("is found in any flipped bit of any line", () => {
    const { session, file } = write(usual);
    const whole = readFileSync(file);
    for (let index = 0; index < whole.length - 1; index += 41) {
      const changed = Buffer.from(whole);
      changed[index] = (changed[index] ?? 0) ^ 1;
      writeFileSync(file, changed);
      expect(() => readTranscript(at.folder, session)).toThrow(
        expect.objectContaining({ code: "SESSION_DAMAGED" }),
      );
    }
  });

  it("includes a transcript of another session, project or installation", async () => {
    const first = write(usual);
    const second = write(usual);
    copyFileSync(first.file, second.file);
    expect(() => readTranscript(at.folder, second.session)).toThrow(/not written here/);
    expect(() => readTranscript({ ...at.folder, project: "/elsewhere" }, first.session)).toThrow(/not written here/);
    expect(() => readTranscript({ ...at.folder, project: null }, first.session)).toThrow(/not written here/);
    const keys = await openKeys({ home: join(at.home, "..", "other"), random: systemRandom });
    expect(() => readTranscript({ ...at.folder, keys }, first.session)).toThrow(/not written here/);
    const foreign = createTranscript(
      { ...at.folder, keys },
      { session: at.session(), header: headerFor("x") },
      at.writing,
    );
    foreign.close();
    expect(() => readTranscript(at.folder, foreign.session)).toThrow(/not written here/);
  });

  it("includes open modes and links", () => {
    const { session, file } = write(usual);
    chmodSync(file, 0o644);
    expect(() => readTranscript(at.folder, session)).toThrow(/others may open it/);
    chmodSync(file, 0o600);
    renameSync(file, `${file}.real`);
    symlinkSync(`${file}.real`, file);
    expect(() => readTranscript(at.folder, session)).toThrow(/symbolic link/);
    expect(transcriptIds(at.folder.dir)).toEqual([]);
  });

  it("does not include an older state of the whole file: it is a shorter conversation", () => {
    const { session, file } = write(usual);
    const all = lines(file);
    truncateSync(file, Buffer.byteLength(`${all.slice(0, 2).join("\n")}\n`));
    expect(readTranscript(at.folder, session).items).toHaveLength(1);
  });
});

describe("listTranscripts()", () => {
  it("names titles, the last written first, and what cannot be read", () => {
    const first = write(usual);
    const second = write(usual);
    const { transcript } = resumeTranscript(at.folder, first.session, at.writing);
    transcript.append(STATE);
    transcript.close();
    writeFileSync(join(at.folder.dir, "notes.jsonl"), "x");
    writeFileSync(join(at.folder.dir, `${at.session()}.txt`), "x");
    appendFileSync(second.file, "torn");
    const listed = listTranscripts(at.folder);
    expect(new Set(listed.map(({ session }) => session))).toEqual(new Set([first.session, second.session]));
    expect(listed[0]).toMatchObject({
      state: "ok",
      header: { title: "hello" },
      bytes: expect.any(Number),
      created: expect.any(Number),
    });
    writeFileSync(second.file, "broken");
    expect(listTranscripts(at.folder).find(({ session }) => session === second.session)).toMatchObject({
      state: "damaged",
      header: null,
    });
  });

  it("is empty without a folder", () => {
    expect(listTranscripts({ ...at.folder, dir: join(at.home, "none") })).toEqual([]);
  });
});

describe("removeTranscript()", () => {
  it("deletes the transcript and its lock, once, and not one that is in use", () => {
    const { session, file } = write(usual);
    const { transcript } = resumeTranscript(at.folder, session, at.writing);
    expect(() => removeTranscript(at.folder.dir, session, at.writer)).toThrow(
      expect.objectContaining({ code: "SESSION_BUSY" }),
    );
    transcript.close();
    removeTranscript(at.folder.dir, session, at.writer);
    expect([existsSync(file), existsSync(`${file}.lock`)]).toEqual([false, false]);
    expect(() => removeTranscript(at.folder.dir, session, at.writer)).toThrow(
      expect.objectContaining({ code: "SESSION_NOT_FOUND" }),
    );
  });
});

describe("titleOf()", () => {
  test.for(
    [
      ["  Fix\nthe   bug ", "Fix the bug"],
      ["", ""],
      ["x".repeat(60), "x".repeat(60)],
      ["x".repeat(61), `${"x".repeat(59)}…`],
      ["👨‍👩‍👧".repeat(61), `${"👨‍👩‍👧".repeat(59)}…`],
    ] as const,
  )("shortens %j", ([prompt, title]) => expect(titleOf(prompt)).toBe(title));
});

describe("speed", () => {
  it("reads a thousand items in time", () => {
    const { session } = write((id) =>
      Array.from({ length: 1_000 }, () => ({ kind: "item" as const, item: replyItem(id, "hi", "x".repeat(4_000)) }))
    );
    const start = performance.now();
    expect(readTranscript(at.folder, session).items).toHaveLength(1_000);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
