import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SessionId } from "../../../core/mod.ts";
import { createTranscript, resumeTranscript, transcriptFile } from "../../../session/transcript.ts";
import { type Ran, runAgentzero } from "../../support/run-agentzero.ts";
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

function keep(title: string): SessionId {
  const session = at.session();
  const transcript = createTranscript(at.folder, { session, header: headerFor(title) }, at.writing);
  transcript.append({ kind: "item", item: promptItem(title) });
  transcript.append({
    kind: "item",
    item: replyItem(session, "I will", "a = 1; \u001b[2J fake-token-0123456789abcdef"),
  });
  transcript.close();
  return session;
}

function run(
  args: readonly string[],
  options: { readonly input?: string; readonly cwd?: string } = {},
): Promise<Ran> {
  const { home, project } = at;
  // The person's own home folder is never a project.
  return runAgentzero(args, { cwd: project, ...options, home, env: { HOME: home } });
}

describe("agentzero session", () => {
  it("lists what is kept here", async () => {
    expect((await run(["session", "list", "--json"])).json()).toEqual({ v: 1, sessions: [] });
    const session = keep("Fix the login");
    expect((await run(["session", "list", "--json"])).json()).toMatchObject({
      v: 1,
      sessions: [{ session, title: "Fix the login", provider: "ollama", model: "llama3.2", state: "ok" }],
    });
    expect((await run(["session", "list"])).stdout).toContain("Fix the login");
  });

  it("shows a conversation, masked once more, and nothing a terminal would obey", async () => {
    const session = keep("Fix the login");
    await run(["vault", "set", "test/token"], { input: "fake-token-0123456789abcdef" });
    const shown = await run(["session", "show", session]);
    expect(shown.exit).toBe(0);
    expect(shown.stdout).toContain("Fix the login");
    expect(shown.stdout).not.toContain("\u001b");
    expect(shown.stdout).not.toContain("fake-token");
    const json = await run(["session", "show", session, "--json"]);
    expect(json.json()).toMatchObject({
      v: 1,
      session,
      items: [{ kind: "prompt" }, { kind: "reply", text: "I will" }],
    });
    expect(json.stdout).not.toContain("fake-token");
  });

  it("exports to a file of its own mode, or to stdout", async () => {
    const session = keep("Fix the login");
    const out = join(at.project, "talk.html");
    expect((await run(["session", "export", session, "--format", "html", "-o", out])).exit).toBe(0);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readFileSync(out, "utf8")).toContain("default-src 'none'");
    expect((await run(["session", "export", session, "--format", "md"])).stdout).toMatch(/^# Fix the login\n/);
    expect(await run(["session", "export", session, "--format", "pdf"])).toMatchObject({ exit: 2 });
  });

  it("deletes only when told to, never a session in use, and leaves the record", async () => {
    const session = keep("Fix the login");
    expect(await run(["session", "rm", session])).toMatchObject({ exit: 2 });
    const { transcript } = resumeTranscript(at.folder, session, at.writing);
    expect(await run(["session", "rm", session, "--yes", "--json"])).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining("SESSION_BUSY"),
    });
    transcript.close();
    const removed = await run(["session", "rm", session, "--yes", "--json"]);
    expect(removed.json()).toEqual({
      v: 1,
      session,
      removed: true,
      audit: { file: `.agentzero/audit/${session}.jsonl` },
    });
    expect(await run(["session", "rm", session, "--yes"])).toMatchObject({ exit: 4 });
  });

  it("exits 4 for what is not there and 7 for what was changed", async () => {
    expect(await run(["session", "show", at.session()])).toMatchObject({ exit: 4 });
    expect(await run(["session", "show", "yesterday"])).toMatchObject({ exit: 4 });
    expect(await run(["session", "list"], { cwd: at.home })).toMatchObject({ exit: 4 });
    const session = keep("Fix the login");
    const file = transcriptFile(at.folder.dir, session);
    writeFileSync(file, readFileSync(file, "utf8").replace(/"i":3/, '"i":4'));
    const shown = await run(["session", "show", session, "--json"]);
    expect(shown).toMatchObject({ exit: 7 });
    expect(shown.json()).toMatchObject({ v: 1, error: { code: "SESSION_DAMAGED" } });
    expect((await run(["session", "list", "--json"])).json()).toMatchObject({ sessions: [{ session, state: "ok" }] });
  });
});
