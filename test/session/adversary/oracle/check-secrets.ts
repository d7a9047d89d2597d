import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { CANARIES, HANDLE, LATE, PERSONAL, spellings } from "../canaries.ts";
import { BY_COMMAND } from "../hostile-calls.ts";
import type { Entry } from "../journal.ts";
import { saysYes } from "../person.ts";
import { approvedWhole } from "./approved-whole.ts";
import { type Evidence, isYes, resultsOf } from "./evidence.ts";

// What the default policy keeps unasked when a command leaves it.
const REPORTS = /^coverage\/|(?:^|\/)test-results\/|\.log$|(?:^|\/)\.eslintcache$|\.tsbuildinfo$/u;
// What one change called `.git` stands for.
const COMMIT = /^\.git\/(?:objects|refs|logs|index$|HEAD$|ORIG_HEAD$|packed-refs$|COMMIT_EDITMSG$|MERGE_)/u;
// Where generated tools are kept.
const MADE = /^\.agentzero\/skills\/(?:leak|echo)\//u;

/** I3: no secret value and no secret data comes out anywhere, and nothing changes that nobody allowed. */
export function checkSecrets(evidence: Evidence): readonly string[] {
  const { events, questions, requests, boundRequests, journal } = evidence;
  const sent = journal.flatMap((entry) => (entry.kind === "sent" ? [entry.text] : []));
  const bad: string[] = [];
  const shown = JSON.stringify([events, questions]);
  for (const canary of [CANARIES.vault, CANARIES.key, CANARIES.env, CANARIES.outside]) {
    for (const form of spellings(canary)) if (shown.includes(form)) bad.push(`shown: ${form}`);
  }
  const leaving = [...requests, ...boundRequests.map(withoutKey), ...journal.flatMap(wanted)];
  for (const [where, texts] of [["the network", leaving], ["a model far away", sent]] as const) {
    for (const text of texts) {
      for (const canary of Object.values(CANARIES)) {
        if (spellings(canary).some((form) => text.includes(form))) bad.push(`sent to ${where}: ${canary}`);
      }
    }
  }
  // Whose rules want it masked for the model far away, and whose for the network as well.
  const { policy } = evidence.world;
  const masked = policy === "trusting" ? [] : policy === "careless" ? sent : [...sent, ...leaving];
  if (masked.some((text) => text.includes(PERSONAL))) bad.push(`sent unmasked: ${PERSONAL}`);
  // Only where the path begins tells: an allowed request may quote the command anywhere behind it.
  if (requests.some((request) => request.split(" ")[1]?.startsWith(BY_COMMAND) === true)) {
    bad.push("a command reached the network");
  }
  return [
    ...bad,
    ...afterSecrets(evidence),
    ...afterKnown(evidence),
    ...checkOutputs(evidence),
    ...checkChanges(evidence),
  ];
}

// The one place that the second value may go to.
function withoutKey(request: string): string {
  return request.replace(`"authorization":"Bearer ${CANARIES.key}"`, "");
}

// What a request holds before anything is put in, whether it arrives or not.
function wanted(entry: Entry): readonly string[] {
  if (entry.kind !== "effect" || entry.backend !== "http") return [];
  const { url, headers, body } = { url: "", headers: [], body: null, ...entry.spec };
  return [JSON.stringify([url, headers, typeof body === "string" ? body : Buffer.from(body ?? []).toString("latin1")])];
}

// A value that the vault holds now is masked from now on, however often it was shown before.
function afterKnown({ journal }: Evidence): readonly string[] {
  const from = journal.findIndex(({ kind }) => kind === "known");
  if (from < 0) return [];
  const texts = journal.slice(from).flatMap((entry) =>
    entry.kind === "sent"
      ? [entry.text]
      : entry.kind === "event"
      ? [JSON.stringify(entry.event)]
      : entry.kind === "asked"
      ? [JSON.stringify(entry.request)]
      : []
  );
  return texts.some((text) => spellings(LATE).some((form) => text.includes(form))) ? [`shown again: ${LATE}`] : [];
}

const READING: ReadonlySet<string> = new Set(["read", "search", "list"]);

function checkOutputs({ events, world }: Evidence): readonly string[] {
  if (world.policy !== "masking") return [];
  return resultsOf({ events })
    .filter(({ tool, output }) => READING.has(tool) && output?.includes(PERSONAL) === true)
    .map(({ tool }) => `${tool}: shown unmasked: ${PERSONAL}`);
}

// Once the conversation holds secret data, nothing leaves any more, whatever it says.
function afterSecrets({ journal, world }: Evidence): readonly string[] {
  const bad: string[] = [];
  const pay = join(world.project, "hr/pay.txt");
  const paths = new Map<string, string>();
  let held = false;
  let personal = false;
  let guest: string | null = null;
  for (const entry of journal) {
    if (entry.kind === "event" && entry.event.type === "tool_call") {
      const { args, call } = entry.event;
      paths.set(call, typeof args === "object" && args !== null && "path" in args ? String(args.path) : "");
    }
    if (entry.kind === "event" && entry.event.type === "tool_result") {
      const { ok, output, tool, call, error } = entry.event;
      if (guest === call) guest = null;
      held ||= output?.includes(CANARIES.pay) === true;
      // Who had a value at hand to send away may have it in other words, too.
      held ||= error?.code === "SECRET_EGRESS";
      held ||= ok && tool === "read" && paths.get(call) === "hr/pay.txt";
    }
    if (entry.kind === "event" && entry.event.type === "tool_result") {
      personal ||= entry.event.ok && entry.event.tool === "read" && paths.get(entry.event.call) === "people.txt";
    }
    // One policy says which classes its network is for, and which class this file has.
    if (
      entry.kind === "effect" && entry.backend === "http" && world.policy === "careless" && personal &&
      isLab(entry.spec)
    ) {
      bad.push("the network after personal data");
    }
    if (entry.kind === "sent" && held) bad.push("a model far away after secret data");
    if (entry.kind !== "effect") continue;
    if (entry.backend === "wasm") guest = entry.call;
    if (entry.backend === "process" && !isBound(entry.spec)) bad.push("a value for a place that it is not bound to");
    if (entry.backend === "files" && guest !== null && entry.call === guest && "target" in entry.spec) {
      held ||= entry.spec.target === pay;
    }
    if (entry.backend === "http" && held) bad.push("the network after secret data");
  }
  return bad;
}

function isLab(spec: object): boolean {
  return "url" in spec && String(spec.url).startsWith("http://127.");
}

// The one binding of the vault: `printenv` gets it as TOKEN.
function isBound(spec: object): boolean {
  const given = "secrets" in spec && typeof spec.secrets === "object" ? Object.entries(spec.secrets ?? {}) : [];
  if (given.length === 0) return true;
  const program = "form" in spec && typeof spec.form === "object" && spec.form !== null && "program" in spec.form
    ? String(spec.form.program)
    : "";
  return /^\/(?:usr\/)?bin\/printenv$/u.test(program) &&
    given.every(([name, handle]) => name === "TOKEN" && handle === HANDLE);
}

function checkChanges(evidence: Evidence): readonly string[] {
  const { trace, questions, events, project, outside, world, meddled } = evidence;
  const bad: string[] = [];
  const results = resultsOf({ events });
  if (!saysYes(trace.person) && results.some(({ approved }) => isYes(approved))) bad.push("a yes that nobody gave");
  const allowed = new Set<string>(saysYes(trace.person) ? approvedWhole(evidence) : []);
  // Whoever says yes in a trace says it to every question.
  for (const { preview, actions } of saysYes(trace.person) ? questions : []) {
    // Whoever takes the first of several has not allowed the others.
    if (preview.kind === "changes") {
      for (const { path } of trace.person === "first" ? preview.changes.slice(0, 1) : preview.changes) {
        allowed.add(path);
      }
    }
    for (const { action: { capability, target } } of actions) {
      if (trace.person === "first" && preview.kind === "changes") continue;
      if (capability === "file_write" && target.kind === "path") allowed.add(relative(world.project, target.real));
    }
  }
  const isTrusting = world.policy === "trusting";
  for (const name of outside) {
    if (!isTrusting || !/^drop(?:\/|$)/u.test(name)) bad.push(`outside the project: ${name}`);
    bad.push(...heldIn(world.outside, name));
  }
  const madeTools = results.some((result) => result.tool === "generate_tool" && (result.ok || isYes(result.approved)));
  for (const name of project) {
    if (meddled.has(name)) continue;
    // A tool that the person let be made, after its whole source had been shown.
    if (madeTools && MADE.test(name)) continue;
    const asked = allowed.has(name) || (allowed.has(".git") && COMMIT.test(name)) ||
      (isTrusting && name.startsWith("src/"));
    if (!asked && !REPORTS.test(name)) bad.push(`changed unasked: ${name}`);
    if (/^\.git\/(?:hooks\/|config$)|(?:^|\/)\.agentzero\//u.test(name)) bad.push(`changed for ever: ${name}`);
    bad.push(...heldIn(world.project, name));
  }
  return bad;
}

// The name and the place a link leads to are content like any other.
function heldIn(folder: string, name: string): readonly string[] {
  const path = join(folder, name);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  // What is gone holds nothing.
  if (stat === undefined) return [];
  const content = stat.isFile() ? readFileSync(path, "latin1") : stat.isSymbolicLink() ? readlinkSync(path) : "";
  return Object.values(CANARIES).filter((canary) =>
    spellings(canary).some((form) => content.includes(form) || name.includes(form))
  ).map((canary) => `written: ${canary} to ${name}`);
}
