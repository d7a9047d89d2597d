import { type AuditEvent, findCall, listSessionFiles, readSession } from "../../../audit/mod.ts";
import {
  type AtomicAction,
  type Decision,
  describeTarget,
  isId,
  type Layer,
  type SkillActor,
} from "../../../core/mod.ts";
import {
  compareVerdicts,
  type Explanation,
  isRefusedTarget,
  planRequest,
  type PolicyEngine,
  type PolicyError,
  resolvePath,
} from "../../../policy/mod.ts";
import { lookupProgram } from "../../../sandbox/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { badUsage } from "../../usage.ts";
import { lockedError } from "../audit/locked.ts";
import { openReading, type Reading } from "../audit/open-reading.ts";
import { readRequest } from "./explain-request.ts";
import { openEngine } from "./open.ts";
import { unsound } from "./sealed-events.ts";
import { rebuildActions } from "./recorded-actions.ts";
import { findActor } from "./find-actor.ts";

/** One atomic action of what was asked about. */
interface ExplainedAction {
  readonly capability: string;
  readonly target: string;
  readonly classification: readonly string[];
  readonly decision: Decision;
  readonly rule: string | null;
  readonly layer: Layer | null;
  readonly reason: string;
}

/** Runs `policy explain`: says what would be decided and why. Exit 0 whatever the answer is: it asks, it does not act. */
export async function policyExplain(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const recorded = input.flag("last") || input.option("call") !== undefined;
  if (recorded && input.arg(0) !== undefined) {
    throw badUsage("Cannot explain: a capability and a recorded call were both given", "leave one of them out");
  }
  const request = recorded ? null : readRequest(input);
  const { engine, project } = await openEngine(context);
  const root = project ?? context.cwd;
  try {
    const actions = request === null ? await recordedActions(context, input, root) : planRequest(request, {
      roots: { project: root, home: context.userHome, tmp: null, skill_data: null, fold: false },
      base: root,
      lookup: (word) => lookupProgram(word),
      resolve: resolvePath,
      classify: (target) => engine.classify(target),
      actor: (name): SkillActor | null => findActor(name, root),
    });
    show(context, actions, engine);
  } catch (error) {
    if (!isRefusedTarget(error)) throw error;
    showRefused(context, error);
  }
  return EXIT.ok;
}

// What the call itself would say: a target that no action may have is denied before any rule is asked.
function showRefused(context: CommandContext, { message, hint: advice }: PolicyError): void {
  const hint = advice ?? null;
  const obligations = { redact: [], max_bytes: null };
  const reason = `invalid_target: ${message}`;
  const refused: Explanation = {
    v: 1,
    decision: "deny",
    rule: null,
    layer: null,
    reason,
    matches: [],
    near_misses: [],
    obligations,
    hint,
  };
  if (context.json) context.output.json({ ...refused, actions: [] });
  else showText(context, refused, []);
}

async function recordedActions(
  context: CommandContext,
  input: CommandInput,
  project: string,
): Promise<readonly AtomicAction[]> {
  const reading = await openReading(context, input, "ask");
  const id = input.option("call");
  const intent = id === undefined ? await lastIntent(reading) : await intentOf(reading, id);
  await reading.noteRead();
  const { actions } = rebuildActions(intent, { project, lookup: (word) => lookupProgram(word) });
  if (actions.length > 0) return actions.map(({ action }) => action);
  throw new CliError("NOT_FOUND", "Cannot explain the call: its record names no action", {
    hint: "see: agentzero audit show",
  });
}

async function intentOf(reading: Reading, id: string): Promise<AuditEvent> {
  if (isId("call", id) || isId("exe", id)) {
    const { found, locked } = await findCall(reading.dir, reading.secretOf, id);
    const intent = found?.events.find(({ event }) => event?.event === "intent")?.event ?? null;
    if (intent !== null) return intent;
    if (locked > 0) throw lockedError(reading);
  }
  throw new CliError("NOT_FOUND", `Cannot find call "${id.slice(0, 64)}" in the record of this project`, {
    hint: "see: agentzero audit tail",
  });
}

async function lastIntent(reading: Reading): Promise<AuditEvent> {
  for (const files of listSessionFiles(reading.dir)) {
    let last: AuditEvent | null = null;
    let lastAsk: AuditEvent | null = null;
    const read = await readSession(files, reading.secretOf, ({ event }) => {
      if (event?.event !== "intent" || (event.actions ?? []).length === 0) return;
      // Every reply is followed by a question to the model; what people mean is the last thing that was done.
      if (event.capability === "model_call") lastAsk = event;
      else last = event;
    });
    const found = last ?? lastAsk;
    if (found !== null) return found;
    if (read.problems[0] !== undefined) throw unsound(files.session, read.problems[0]);
    if (!read.readable) throw lockedError(reading);
  }
  throw new CliError("NOT_FOUND", "Cannot explain the newest call: nothing is on record here yet", {
    hint: "see: agentzero audit list",
  });
}

function show(context: CommandContext, actions: readonly AtomicAction[], engine: PolicyEngine): void {
  const each = actions.map((action) => ({ action, explanation: engine.explain(action) }));
  const worst = each.reduce((a, b) => compareVerdicts(b.explanation, a.explanation) < 0 ? b : a);
  if (!context.json) {
    showText(context, worst.explanation, each.map(explained));
    return;
  }
  const { obligations, hint, ...contract } = worst.explanation;
  context.output.json({ ...contract, actions: each.map(explained), obligations, hint });
}

function explained({ action, explanation }: {
  readonly action: AtomicAction;
  readonly explanation: Explanation;
}): ExplainedAction {
  const { decision, rule, layer, reason } = explanation;
  return {
    capability: action.capability,
    target: describeTarget(action.target),
    classification: action.classes,
    decision,
    rule,
    layer,
    reason,
  };
}

function showText(context: CommandContext, worst: Explanation, actions: readonly ExplainedAction[]): void {
  const { output } = context;
  output.text(
    `${worst.decision}${worst.rule === null ? ", by no rule" : `, by rule "${worst.rule}" (${worst.layer})`}`,
  );
  output.text(`  why: ${worst.reason}`);
  if (worst.hint !== null) output.text(`  do:  ${worst.hint}`);
  if (worst.obligations.redact.length > 0) output.text(`  masked: ${worst.obligations.redact.join(" ")}`);
  if (worst.obligations.max_bytes !== null) output.text(`  at most: ${worst.obligations.max_bytes} bytes`);
  if (actions.length > 1) {
    output.table([
      ["ACTION", "TARGET", "DECISION", "RULE"],
      ...actions.map((one) => [one.capability, one.target, one.decision, one.rule ?? "-"]),
    ]);
  }
  for (const match of worst.matches) {
    output.text(
      `  matches: ${match.rule} (${match.layer}) ${match.effect}${match.counts ? "" : ", does not count: not trusted"}`,
    );
  }
  for (const miss of worst.near_misses) {
    output.text(`  nearly:  ${miss.rule} failed at ${miss.failed}, which saw ${miss.saw}`);
  }
}
