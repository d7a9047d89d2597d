import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writerFacts } from "../audit/mod.ts";
import { createNobody } from "../cli/approvers.ts";
import { createLiveScreen } from "../cli/commands/chat/live-screen.ts";
import type { ChatScreen } from "../cli/commands/chat/screen.ts";
import { initProject } from "../cli/commands/init/init-project.ts";
import { openInstallation } from "../cli/compose/installation.ts";
import { openComposedSession } from "../cli/compose.ts";
import type { CommandContext, Terminal } from "../cli/context.ts";
import { exportDocument, exportHtml, openTranscript, readTranscript } from "../session/mod.ts";
import { contextIn } from "../test/support/context.ts";
import { openAiEvents, startModelServer } from "../test/support/model-server.ts";
import { headerFor, promptItem, replyItem } from "../test/support/transcript-home.ts";
import { median, type Row } from "./row.ts";

const BIN = fileURLToPath(new URL("../dist/cli/bin.js", import.meta.url));
const MEGABYTE = 1_000_000;
const STATE = { script: null, turns: 1, input: 1, output: 1 };

/** What a person at a terminal waits for: first text, long text, going on, leaving a copy, the start. */
export async function measure(): Promise<readonly Row[]> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "az-bench-")));
  try {
    const project = join(folder, "project");
    mkdirSync(project);
    writeFileSync(join(project, "README.md"), "# Hello\n");
    const context = contextIn(project, join(folder, "home"));
    await initProject(context, "default");
    return [
      row("first token on the screen after it arrived, p50", await firstToken(context), { unit: "ms", limit: 20 }),
      row("1 MB of streamed Markdown, CPU", markdown(context), { unit: "ms", limit: 1_000 }),
      ...await goingOn(context),
      ...await chat(project, join(folder, "home")),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
function markdown(context: CommandContext): number {
  const part = [
    "## A heading\n\n",
    "Some **bold** words, `code`, a [link](https://example.org/x) and what a model goes on to write.\n\n".repeat(4),
    "- an item with *stress*\n- another one\n- a third `one`\n\n",
    "```ts\nconst answer = compute(1, 2, 3);\n```\n\n",
    "| a | b |\n|---|---|\n| one | two |\n\n",
  ].join("");
  const source = part.repeat(Math.ceil(MEGABYTE / part.length)).slice(0, MEGABYTE);
  let written = 0;
  const screen = screenOf(context, (text) => void (written += text.length));
  const before = process.cpuUsage();
  for (let at = 0; at < source.length; at += 64) {
    screen.take({ type: "text", text: source.slice(at, at + 64), trust: "model" });
  }
  screen.close();
  const { user, system } = process.cpuUsage(before);
  if (written < MEGABYTE / 2) throw new Error("the screen lost text");
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

/** Prompts of a conversation of 10,000 events: each is answered in two replies with a call in between, eight events. */
const PROMPTS = 1_250;

/** A long conversation: going on with it, and a copy of it as one page. */
async function goingOn(context: CommandContext): Promise<readonly Row[]> {
  const { keys, ids } = await openInstallation(context);
  const { random, clock } = context.system;
  const session = ids.next("ses");
  const dir = join(context.cwd, ".agentzero", "sessions");
  const folder = { dir, project: context.cwd, keys };
  const writer = writerFacts({ pid: process.pid, version: "0", runtime: "bench" });
  const kept = openTranscript(
    folder,
    { session, resume: false, header: headerFor("long"), state: () => STATE },
    { random, clock, writer, mask: (text) => text },
  );
  for (let at = 0; at < PROMPTS; at++) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    await kept.store(promptItem(`question ${at}`));
    // oxlint-disable-next-line no-await-in-loop -- in order
    await kept.store(replyItem(session, `answer ${at}`, "some output of a tool\n".repeat(8)));
  }
  kept.close();
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
  if (!page.includes(`answer ${PROMPTS - 1}`)) throw new Error("the page lost text");
  return [
    row("going on with a session of 10,000 events", median(resumed), { unit: "ms", limit: 500 }),
    row("the same as one HTML page", took, { unit: "ms", limit: 500 }),
  ];
}

/** The built program on a terminal of its own, until its status line stands; then what it keeps in memory. */
async function chat(cwd: string, home: string): Promise<readonly Row[]> {
  if (process.platform !== "linux" || spawnSync("script", ["--version"]).status !== 0) return [];
  const starts: number[] = [];
  let memory = 0;
  for (let at = 0; at < 5; at++) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const seen = await startChat(cwd, home);
    starts.push(seen.ms);
    memory = Math.max(memory, seen.megabytes);
  }
  return [
    row("start of chat, until it can be typed into", median(starts), { unit: "ms", limit: 350 }),
    row("resident memory of an idle session", memory, { unit: "MB", limit: 120 }),
  ];
}

async function startChat(cwd: string, home: string): Promise<{ readonly ms: number; readonly megabytes: number }> {
  const flags = process.versions["deno"] === undefined ? "" : "run -A ";
  const command = `stty rows 30 cols 100; exec '${process.execPath}' ${flags}'${BIN}' chat`;
  const env = { ...process.env, AGENTZERO_HOME: home, TERM: "xterm" };
  const start = performance.now();
  const child = spawn("script", ["-qefc", command, "/dev/null"], { cwd, env, stdio: ["pipe", "pipe", "inherit"] });
  let screen = "";
  await new Promise<void>((resolve, reject) => {
    child.on("close", () => reject(new Error(`chat ended: ${screen}`)));
    child.stdout.on("data", (piece: Uint8Array) => {
      screen += new TextDecoder().decode(piece);
      if (screen.includes("audit ok")) resolve();
    });
  });
  const ms = performance.now() - start;
  // As idle as it gets: what it did at its start may still be swept up.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const megabytes = residentBelow(child.pid ?? 0) / 1_024;
  child.removeAllListeners("close");
  child.stdin.write("\u0004");
  await new Promise((resolve) => child.on("close", resolve));
  return { ms, megabytes };
}

/** Kilobytes of the largest process below one. */
function residentBelow(parent: number): number {
  let most = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(join("/proc", name, "status"), "utf8");
      if (Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]) !== parent) continue;
      most = Math.max(most, Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0), residentBelow(Number(name)));
    } catch {
      // It ended in between.
    }
  }
  return most;
}

function row(name: string, ours: number, goal: { readonly unit: string; readonly limit: number }): Row {
  const { unit, limit } = goal;
  return { name, ours, unit, peer: null, goal: `<= ${limit} ${unit}`, reached: ours <= limit };
}
