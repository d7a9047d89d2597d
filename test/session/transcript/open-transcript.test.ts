import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SessionId } from "../../../core/mod.ts";
import {
  type OpenTranscript,
  openTranscript,
  readTranscript,
  transcriptFile,
  type TranscriptState,
} from "../../../session/transcript.ts";
import {
  createTranscriptHome,
  headerFor,
  promptItem,
  replyItem,
  type TranscriptHome,
} from "../../support/transcript-home.ts";

let at: TranscriptHome;
let turns = 0;
beforeEach(async () => {
  at = await createTranscriptHome();
  turns = 0;
});
afterEach(() => at.remove());

function state(): TranscriptState {
  return { script: turns, turns, input: 0, output: 0 };
}

function open(session: SessionId, resume: boolean): OpenTranscript {
  const { title: _, ...header } = headerFor("");
  return openTranscript(at.folder, { session, resume, header, state }, {
    ...at.writing,
    mask: (text) => text.replaceAll("s3cret", "[S]"),
  });
}

describe("openTranscript()", () => {
  it("leaves no file until something was said", () => {
    const session = at.session();
    const kept = open(session, false);
    kept.note({ kind: "notice", code: "X", text: "nothing to note yet" });
    kept.close();
    expect(existsSync(transcriptFile(at.folder.dir, session))).toBe(false);
    expect(kept.resumed).toBeNull();
  });

  it("takes its title from the first prompt, masked, and counts after each reply", async () => {
    const session = at.session();
    const kept = open(session, false);
    await kept.store(promptItem("Fix  the\ns3cret login"));
    turns = 1;
    await kept.store(replyItem(session, "done", "x"));
    kept.note({ kind: "notice", code: "X", text: "noted" });
    kept.close();
    const content = readTranscript(at.folder, session);
    expect(content.header.title).toBe("Fix the [S] login");
    expect(content.records.map(({ kind }) => kind)).toEqual(["item", "item", "state", "notice"]);
    expect(content.state).toEqual({ script: 1, turns: 1, input: 0, output: 0 });
  });

  it("brings back items, quotes and counters, and goes on in the same file", async () => {
    const session = at.session();
    const first = open(session, false);
    await first.store(promptItem("one"));
    turns = 1;
    await first.store(replyItem(session, "a", "x"));
    first.note({ kind: "rewrite", items: [replyItem(session, "summary", "")] });
    await first.store(promptItem("two"));
    first.close();

    const second = open(session, true);
    expect(second.resumed).toMatchObject({
      items: [{ kind: "reply", text: "summary" }, { kind: "prompt", text: "two" }],
      quotes: ["one", "two"],
      state: { script: 1 },
      header: { title: "one" },
      notices: [],
    });
    await second.store(promptItem("three"));
    second.close();
    expect(readTranscript(at.folder, session).items).toHaveLength(3);
  });

  it("refuses what is not there or in use", async () => {
    const session = at.session();
    expect(() => open(session, true)).toThrow(expect.objectContaining({ code: "SESSION_NOT_FOUND" }));
    const first = open(session, false);
    await first.store(promptItem("one"));
    expect(() => open(session, true)).toThrow(expect.objectContaining({ code: "SESSION_BUSY" }));
    await expect(open(session, false).store(promptItem("x"))).rejects.toMatchObject({ code: "SESSION_BUSY" });
    first.close();
  });
});
