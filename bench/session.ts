import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_AUDIT_SETTINGS, openAuditLog, writerFacts } from "../audit/mod.ts";
import { b2 } from "../core/mod.ts";
import { createNobody } from "../cli/approvers.ts";
import { createLiveScreen } from "../cli/commands/chat/live-screen.ts";
import type { ChatScreen } from "../cli/commands/chat/screen.ts";
import { openInstallation } from "../cli/compose/installation.ts";
import { openComposedSession } from "../cli/compose.ts";
import type { CommandContext, Terminal } from "../cli/context.ts";
import { exportDocument, exportHtml, openTranscript, readTranscript } from "../session/mod.ts";
import { openAiEvents, startModelServer } from "../test/support/model-server.ts";
import { headerFor, promptItem, replyItem } from "../test/support/transcript-home.ts";
import { inProject } from "./support/in-project.ts";
import { median, type Row, rowWithin } from "./support/row.ts";

const MEGABYTE = 1_000_000;
const STATE = { script: null, turns: 1, input: 1, output: 1 };

/** What a person waits for: first text, long text, going on, leaving a copy. */
export async function measure(): Promise<readonly Row[]> {
  return inProject(async (context) => {
    return [
      rowWithin("first token on the screen after it arrived, p50", await firstToken(context), {
        unit: "ms",
        limit: 20,
      }),
      rowWithin("1 MB of streamed Markdown, CPU", markdown(context, MEGABYTE), { unit: "ms", limit: 1_000 }),
      rowWithin("100 KB of streamed Markdown, CPU", markdown(context, MEGABYTE / 10), { unit: "ms", limit: 200 }),
      ...await goingOn(context),
    ];
  });
}

/** From the moment a server hands over a piece of text to the moment it is written to the terminal. */
async function firstToken(context: CommandContext): Promise<number> {
  let sent = 0;
  const server = await startModelServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const events = openAiEvents({ text: "Hello there, and more" });
    const first = events.indexOf("\n\n", events.indexOf("Hel")) + 2;
    sent = performance.now();
    response.write(events.slice(0, first));
    setTimeout(() => response.end(events.slice(first)), 100);
  });
  const file = join(context.home, "config.yml");
  const providers = { lab: { kind: "openai-compatible", url: server.url } };
  writeFileSync(file, JSON.stringify({ v: 1, model: "lab/m", providers }), { mode: 0o600 });
  let shown = 0;
  const screen = screenOf(context, (text) => {
    if (shown === 0 && text.includes("Hello")) shown = performance.now();
  });
  try {
    const composed = await openComposedSession(context, {
      front: "cli",
      approver: createNobody(),
      mode: "ask",
      project: "required",
      emit: (event) => screen.take(event),
    });
    const waits: number[] = [];
    for (let at = 0; at < 9; at++) {
      shown = 0;
      // oxlint-disable-next-line no-await-in-loop -- one after the other, on purpose
      await composed.session.submit({ text: "go", data: [] });
      waits.push(shown - sent);
    }
    await composed.close();
    return median(waits);
  } finally {
    screen.close();
    rmSync(file);
    await server.close();
  }
}

/** A long reply in small pieces, drawn as often as a terminal would. */
function markdown(context: CommandContext, bytes: number): number {
  const part = [
    "## A heading\n\n",
    "Some **bold** words, `code`, a [link](https://example.org/x) and what a model goes on to write.\n\n".repeat(4),
    "- an item with *stress*\n- another one\n- a third `one`\n\n",
    "```ts\nconst answer = compute(1, 2, 3);\n```\n\n",
    "| a | b |\n|---|---|\n| one | two |\n\n",
  ].join("");
  const source = part.repeat(Math.ceil(bytes / part.length)).slice(0, bytes);
  let written = 0;
  const screen = screenOf(context, (text) => void (written += text.length));
  const before = process.cpuUsage();
  for (let at = 0; at < source.length; at += 64) {
    screen.take({ type: "text", text: source.slice(at, at + 64), trust: "model" });
  }
  screen.close();
  const { user, system } = process.cpuUsage(before);
  if (written < bytes / 2) throw new Error("the screen lost text");
  return (user + system) / 1_000;
}

/** Time goes faster for this screen: it draws every 64 bytes, as from a model that writes 1.3 KB a second. */
function screenOf(context: CommandContext, write: (text: string) => void): ChatScreen {
  let now = 0;
  const clock = { ...context.system.clock, mono: () => (now += 50) };
  const keyboard = { capture: () => () => undefined };
  const terminal: Terminal = {
    line: () => Promise.resolve(null),
    hidden: () => Promise.resolve(null),
    confirm: () => Promise.resolve(false),
    approver: createNobody(),
    keyboard,
    write,
    columns: () => 100,
    rows: () => 30,
    onResize: () => () => undefined,
  };
  return createLiveScreen({ ...context, system: { ...context.system, clock } }, terminal, {
    status: () => "bench",
    history: () => [],
    complete: () => null,
  });
}

/** Steps of the conversation, prompts and replies; as many events stand in its record. */
const STEPS = 10_000;

/** A long conversation: going on with it, and a copy of it as one page. */
async function goingOn(context: CommandContext): Promise<readonly Row[]> {
  const { keys, ids } = await openInstallation(context);
  const { random, clock, timers } = context.system;
  const session = ids.next("ses");
  const agentzero = join(context.cwd, ".agentzero");
  const folder = { dir: join(agentzero, "sessions"), project: context.cwd, keys };
  const writer = writerFacts({ pid: process.pid, version: "0", runtime: "bench" });
  const kept = openTranscript(
    folder,
    { session, resume: false, header: headerFor("long"), state: () => STATE },
    { random, clock, writer, mask: (text) => text },
  );
  for (let at = 0; at < STEPS / 2; at++) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    await kept.store(promptItem(`question ${at}`));
    // oxlint-disable-next-line no-await-in-loop -- in order
    await kept.store(replyItem(session, `answer ${at}`, "some output of a tool\n".repeat(8)));
  }
  const audit = await openAuditLog({
    dir: join(agentzero, "audit"),
    home: context.home,
    project: context.cwd,
    session,
    keys,
    clock,
    random,
    timers,
    writer,
    settings: DEFAULT_AUDIT_SETTINGS,
    policy: b2(""),
    front: "cli",
    mask: (text) => text,
  });
  for (let at = 0; at < STEPS; at++) {
    audit.append({ event: "intent", tool: "read", capability: "file_read", decision: "allow", reason: "rule: read" });
  }
  await audit.close("ok");
  kept.close();
  for (const file of [join(folder.dir, `${session}.jsonl`), join(agentzero, "audit", `${session}.jsonl`)]) {
    if (readFileSync(file, "utf8").split("\n").length <= STEPS) throw new Error(`"${file}" is shorter than it is said`);
  }
  const resumed: number[] = [];
  for (let at = 0; at < 3; at++) {
    const start = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const composed = await openComposedSession(context, {
      front: "cli",
      approver: createNobody(),
      mode: "ask",
      project: "required",
      resume: { kind: "id", id: session },
      emit: () => undefined,
    });
    resumed.push(performance.now() - start);
    // oxlint-disable-next-line no-await-in-loop
    await composed.close();
  }
  const start = performance.now();
  const page = exportHtml(exportDocument(readTranscript(folder, session), (text) => text));
  const took = performance.now() - start;
  if (!page.includes(`answer ${STEPS / 2 - 1}`)) throw new Error("the page lost text");
  return [
    rowWithin("going on with a session of 10,000 steps and 10,000 recorded events", median(resumed), {
      unit: "ms",
      limit: 500,
    }),
    rowWithin("the same as one HTML page", took, { unit: "ms", limit: 500 }),
  ];
}
