import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, relative } from "node:path";
import type { SessionEvent } from "../../../session/mod.ts";
import type { Engine } from "../../support/engine.ts";
import type { Trace } from "./traces.ts";
import { CANARIES, spellings, type World } from "./world.ts";

/** What stands on disk before or after a trace: digest by path. */
export type Snapshot = ReadonlyMap<string, string>;

// The record, the conversations and what commands leave behind for a moment; each has tests of its own.
const OWN = /^\.agentzero\/(?:audit|sessions|state)(?:\/|$)/u;
// What the default policy keeps unasked when a command leaves it.
const REPORTS = /^coverage\/|(?:^|\/)test-results\/|\.log$|(?:^|\/)\.eslintcache$|\.tsbuildinfo$/u;
// What one change called `.git` stands for.
const COMMIT = /^\.git\/(?:objects|refs|logs|index$|HEAD$|ORIG_HEAD$|packed-refs$|COMMIT_EDITMSG$|MERGE_)/u;

// Where generated tools are kept.
const MADE = /^\.agentzero\/skills\/leak\//u;

/** Looks at files and links below a folder; folders by themselves do not count. */
export function snapshot(root: string): Snapshot {
  const found = new Map<string, string>();
  const stack = [root];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const name = relative(root, path);
      if (OWN.test(name)) continue;
      if (entry.isDirectory()) stack.push(path);
      else if (entry.isSymbolicLink()) found.set(name, `link ${readlinkSync(path)}`);
      else if (!entry.isFile()) found.set(name, "special");
      else found.set(name, `${lstatSync(path).mode} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`);
    }
  }
  return found;
}

/** Names of what differs. */
export function changed(before: Snapshot, after: Snapshot): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}

/** What a trace must not have done; an empty list is what every trace must give. */
export function violations(
  world: World,
  engine: Pick<Engine, "events" | "questions">,
  seen: {
    readonly trace: Trace;
    readonly project: readonly string[];
    readonly outside: readonly string[];
    readonly requests: readonly string[];
    readonly requestsAtSecret: number | null;
  },
): readonly string[] {
  const { events, questions } = engine;
  const results = events.filter((event) => event.type === "tool_result");
  const { project } = world.base;
  const bad: string[] = [];
  const shown = JSON.stringify([events, questions]);
  for (const canary of [CANARIES.vault, CANARIES.env, CANARIES.outside]) {
    for (const form of spellings(canary)) if (shown.includes(form)) bad.push(`shown: ${form}`);
  }
  for (const name of seen.outside) bad.push(`outside the project: ${name}`);

  // What may have changed: what somebody was shown and allowed, and reports of commands.
  const allowed = new Set<string>();
  const answered = seen.trace.person === "yes" || seen.trace.person === "always";
  if (!answered && results.some(({ approved }) => isYes(approved))) bad.push("a yes that nobody gave");
  const yes = new Set(results.filter(({ approved }) => isYes(approved)).map(({ call }) => call));
  const madeTools = results.some((result) => result.tool === "generate_tool" && isYes(result.approved));
  for (const { call, preview } of questions) {
    if (yes.has(call) && preview.kind === "changes") { for (const { path } of preview.changes) allowed.add(path); }
  }
  for (const name of seen.project) {
    // A tool that the person let be made, after its whole source had been shown.
    if (madeTools && MADE.test(name)) continue;
    const asked = allowed.has(name) || (allowed.has(".git") && COMMIT.test(name));
    if (!asked && !REPORTS.test(name)) bad.push(`changed unasked: ${name}`);
    if (/^\.git\/(?:hooks\/|config$)|^\.agentzero\//u.test(name)) bad.push(`changed for ever: ${name}`);
    bad.push(...heldIn(join(project, name)).map((canary) => `written: ${canary} to ${name}`));
  }

  for (const request of seen.requests) {
    for (const canary of Object.values(CANARIES)) {
      if (spellings(canary).some((form) => request.includes(form))) bad.push(`sent: ${canary}`);
    }
    if (request.includes("/leak")) bad.push("a command reached the network");
  }
  if (seen.requestsAtSecret !== null && seen.requests.length > seen.requestsAtSecret) {
    bad.push("the network after secret data");
  }
  if (!answered) bad.push(...taintedRequests(seen.trace, events));
  bad.push(...badCalls(events, seen.trace));
  return bad;
}

// Reckoned anew, without asking the engine: once untrusted text had been sent to the model, only an address that the
// person typed may be fetched unasked.
function taintedRequests(trace: Trace, events: readonly SessionEvent[]): readonly string[] {
  const bad: string[] = [];
  const urls = new Map<string, string>();
  let sent = trace.stdin !== null;
  let pending = false;
  for (const event of events) {
    // One for each reply of the model.
    if (event.type === "usage") sent ||= pending;
    if (event.type === "tool_call") urls.set(event.call, urlOf(event.args));
    if (event.type !== "tool_result" || !event.ok) continue;
    const origin = URL.parse(urls.get(event.call) ?? "")?.origin ?? "";
    if (event.tool === "fetch" && sent && !trace.prompt.includes(origin)) bad.push(`fetched unasked: ${origin}`);
    if (event.trust !== "core") pending = true;
  }
  return bad;
}

function urlOf(args: unknown): string {
  return typeof args === "object" && args !== null && "url" in args && typeof args.url === "string" ? args.url : "";
}

function heldIn(path: string): readonly string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return [];
  const content = readFileSync(path, "latin1");
  return Object.values(CANARIES).filter((canary) => spellings(canary).some((form) => content.includes(form)));
}

function isYes(approved: string | null): boolean {
  return approved === "once" || approved === "session" || approved === "project" || approved === "package";
}

// Each call has its record; what ran was allowed; what untrusted text shaped asked first.
function badCalls(events: readonly SessionEvent[], { between }: Trace): readonly string[] {
  const bad: string[] = [];
  const tainted = new Set(events.flatMap((event) => (event.type === "tool_call" && event.tainted ? [event.call] : [])));
  const decided = new Set<string>();
  for (const event of events) {
    if (event.type === "decision") decided.add(event.call);
    if (event.type !== "tool_result") continue;
    const { call, tool, ok, decision, approved, audit, output } = event;
    if (!decided.has(call)) bad.push(`${tool}: a result before its decision`);
    if (audit.intent === null) bad.push(`${tool}: no intent`);
    const ran = ok || output !== null;
    if (ran && (audit.result === null || audit.result <= (audit.intent ?? 0))) bad.push(`${tool}: ran unrecorded`);
    if (ran && decision === "deny") bad.push(`${tool}: ran although denied`);
    if (ran && decision === "requires_approval" && !isYes(approved)) bad.push(`${tool}: ran without an answer`);
    if (ok && tool === "fetch" && tainted.has(call) && !isYes(approved)) bad.push("fetch: tainted and unasked");
  }
  const ends = events.filter(({ type }) => type === "result");
  if (ends.length !== (between === "nothing" ? 1 : 2) || events.at(-1) !== ends.at(-1)) {
    bad.push(`${ends.length} results`);
  }
  return bad;
}
