import { relative } from "node:path";
import type { AuditEvent } from "../../../../audit/mod.ts";
import { CANARIES, KEY_HANDLE } from "../canaries.ts";
import type { Entry, Sink } from "../journal.ts";
import { segmentsOf } from "../traces.ts";
import { type Evidence, isYes, resultsOf } from "./evidence.ts";

/** What an intent must have named for an effect of a sink. */
const CAPABILITIES: Readonly<Record<Sink, readonly string[]>> = {
  files: ["file_read", "file_write", "skill_load", "package_execution"],
  writer: ["file_write"],
  folders: ["file_write"],
  process: ["shell_command", "package_execution"],
  keep: ["file_write"],
  http: ["network_request"],
  wasm: ["package_execution", "package_install"],
};

/** Where each sink is. */
const TIERS: Readonly<Record<Sink, string>> = {
  files: "host-readonly",
  writer: "host-supervised",
  folders: "host-supervised",
  process: "host-supervised",
  keep: "host-supervised",
  http: "host-supervised",
  wasm: "wasm-sandbox",
};

const CHANGING: ReadonlySet<Sink> = new Set(["writer", "folders", "process", "keep", "http", "wasm"]);
/** What waits until its record will outlive a crash; what only reads, and a tool by itself, does not. */
const LASTING: ReadonlySet<Sink> = new Set(["writer", "folders", "process", "keep", "http"]);

/** I1: no effect without an earlier record of its decision, durable where it matters; and nothing after a no. */
export function checkOrder(evidence: Evidence): readonly string[] {
  const { journal, events, trace, world } = evidence;
  const bad: string[] = [];
  let safe = -1;
  const intents: { readonly seq: number; readonly event: AuditEvent }[] = [];
  const allowed = new Set<string>();
  let reading = false;
  for (const entry of journal) {
    if (entry.kind === "reading") reading = true;
    if (entry.kind === "safe") safe = Math.max(safe, entry.seq);
    if (entry.kind === "record" && entry.event.event === "intent") {
      intents.push(entry);
      if (isTooMild(entry.event)) bad.push(`${entry.event.tool ?? ""}: decided milder than one of its actions`);
    }
    if (entry.kind === "record" && entry.event.event === "approval" && entry.event.approval?.answer === "allow") {
      allowed.add(entry.event.execution_id ?? "");
    }
    if (entry.kind === "record" && entry.event.event === "session.start") {
      safe = -1;
      intents.length = 0;
      reading = false;
    }
    if (entry.kind !== "effect") continue;
    if (reading && CHANGING.has(entry.backend)) bad.push(`${entry.backend}: an effect in a session that only reads`);
    const fitting = intents.filter(({ event }) => event.call === entry.call && names(event, entry, world.project));
    const found = fitting.at(-1);
    if (found === undefined) bad.push(`${entry.backend}: an effect that no intent names`);
    else if (isMisrouted(found.event, entry)) {
      bad.push(`${entry.backend}: decided for ${found.event.runtime ?? "no tier"}, run in ${TIERS[entry.backend]}`);
    }
    if (found === undefined) continue;
    if (found.event.decision === "deny" && entry.backend !== "keep") {
      bad.push(`${entry.backend}: an effect after a deny`);
    } else if (!isLook(entry)) {
      if (LASTING.has(entry.backend) && safe < found.seq) {
        bad.push(`${entry.backend}: an effect before its intent was safe`);
      }
      if (!isAnswered(found.event, entry, allowed)) bad.push(`${entry.backend}: an effect before the answer`);
    }
  }
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
  }
  bad.push(...unasked(evidence));
  const ends = events.filter(({ type }) => type === "result");
  if (ends.length !== segmentsOf(trace).length) bad.push(`${ends.length} results`);
  const numbers = resultsOf(evidence).map(({ audit: { file, intent } }) => `${file} ${intent ?? ""}`);
  if (new Set(numbers).size !== numbers.length) bad.push("two calls with one intent");
  return bad;
}

// What a command sends is decided request by request; the servers know what arrived.
function unasked({ journal, requests, boundRequests, world }: Evidence): readonly string[] {
  const wanted = journal.flatMap((entry) =>
    entry.kind === "record" && entry.event.event === "intent" && entry.event.action === "egress request" &&
      entry.event.decision !== "deny"
      ? (entry.event.actions ?? []).map(({ target }) => target ?? "")
      : []
  );
  return ([[world.port, requests], [world.boundPort, boundRequests]] as const).flatMap(([port, got]) => {
    const url = `GET http://127.0.0.1:${port}/hosts`;
    const came = got.filter((line) => line.startsWith("GET /hosts "));
    const decided = wanted.filter((target) => target === url).length;
    const keyed = came.filter((line) => line.includes(CANARIES.key)).length;
    const named = journal.some((entry) =>
      entry.kind === "effect" && entry.backend === "process" && "hosts" in entry.spec &&
      Array.isArray(entry.spec.hosts) && entry.spec.hosts.includes(`127.0.0.1:${port}`)
    );
    return [
      ...(came.length > 0 && !named ? ["a command reached a host that its call did not name"] : []),
      ...(came.length > decided ? ["a command sent more than was decided"] : []),
      ...(keyed > wanted.filter((target) => target === `${KEY_HANDLE} as bearer`).length
        ? ["a value that nobody decided"]
        : []),
    ];
  });
}

type Effect = Extract<Entry, { kind: "effect" }>;

// What a guest does is decided for the guest; a file is looked at for whatever would change it.
function isMisrouted(event: AuditEvent, effect: Effect): boolean {
  if (isLook(effect) || (event.parent_id ?? null) !== null) return false;
  return event.runtime !== TIERS[effect.backend] && !(effect.backend === "wasm" && event.tool === "generate_tool");
}

// The decision of a call is the severest of its actions.
function isTooMild({ decision, actions }: AuditEvent): boolean {
  const given = SEVERITY.indexOf(decision ?? "deny");
  return (actions ?? []).some((action) => SEVERITY.indexOf(action.decision ?? "deny") > given);
}

const SEVERITY: readonly string[] = ["allow", "allow_with_redaction", "requires_approval", "deny"];

// A file is looked at before a question about it, so that the question can show what would change.
function isLook({ backend, spec }: Effect): boolean {
  return backend === "files" && "op" in spec && spec.op === "state";
}

function names(event: AuditEvent, { backend, spec }: Effect, project: string): boolean {
  const actions = event.actions ?? [];
  const fitting = actions.filter(({ capability }) => CAPABILITIES[backend].includes(capability ?? ""));
  if (backend === "files" || backend === "writer") {
    const target = "target" in spec && typeof spec.target === "string" ? spec.target : "";
    // The record shortens nothing here; a masked name is its own.
    return fitting.some((action) =>
      action.target === target || action.capability === "package_execution" ||
      (action.target ?? "").includes("[SECRET")
    );
  }
  if (backend === "keep") {
    const paths = "paths" in spec && Array.isArray(spec.paths) ? spec.paths : [];
    const targets = new Set(fitting.map(({ target }) => target));
    return event.action === "keep changes" &&
      paths.every((path) => targets.has(path) || relative(project, String(path)) === "" || fitting.length > 60);
  }
  if (backend === "http") return fitting.some(({ target }) => isSameRequest(target ?? "", spec));
  return fitting.length > 0 || (backend === "wasm" && event.tool === "generate_tool");
}

function isSameRequest(target: string, spec: object): boolean {
  const { method, url } = { method: "", url: "", ...spec };
  // The record masks and shortens.
  return target === `${method} ${url}` || target.includes("[SECRET") ||
    target.startsWith(`${method} ${url.slice(0, 100)}`);
}

function isAnswered(event: AuditEvent, { backend, spec }: Effect, allowed: ReadonlySet<string>): boolean {
  const answered = allowed.has(event.execution_id ?? "");
  if (backend !== "keep") return event.decision !== "requires_approval" || answered;
  // Of several changes some may be allowed, some asked about and some denied.
  const paths = new Set("paths" in spec && Array.isArray(spec.paths) ? spec.paths.map(String) : []);
  return (event.actions ?? []).filter(({ target }) => paths.has(target ?? "")).every(({ decision }) =>
    decision === "allow" || decision === "allow_with_redaction" || (decision === "requires_approval" && answered)
  );
}
