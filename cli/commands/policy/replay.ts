import {
  type AtomicAction,
  type Capability,
  type Decision,
  isWord,
  type Layer,
  type SessionId,
  severity,
  type Verdict,
} from "../../../core/mod.ts";
import { classifyAddress, loadDocument, type PolicyLayer } from "../../../policy/mod.ts";
import { lookupProgram } from "../../../sandbox/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { requireProject } from "../../project-root.ts";
import { badUsage } from "../../usage.ts";
import { openReading, sessionArgument } from "../audit/open-reading.ts";
import { openLive } from "./open.ts";
import { readNamedFile } from "./read-file.ts";
import { type Inexact, rebuildActions, type RecordedAction } from "./recorded-actions.ts";
import { readVerified } from "./sealed-events.ts";
import { unloadable } from "./unloadable.ts";

/** An action that the other policy decides differently. */
interface ReplayedChange {
  readonly session: SessionId;
  readonly seq: number;
  readonly capability: Capability;
  readonly target: string;
  readonly from: Decision;
  readonly to: Decision;
  readonly rule_from: string | null;
  readonly rule_to: string | null;
}

interface Replay {
  readonly actions: number;
  readonly same: number;
  readonly looser: number;
  readonly tighter: number;
  /** Actions that the record does not describe well enough to be decided again. */
  readonly inexact: number;
  readonly changed: readonly ReplayedChange[];
  /** What is not on record of the inexact ones. */
  readonly lacking: ReadonlyMap<Inexact, number>;
}

const FAIL_ON: readonly ("looser" | "any")[] = ["looser", "any"];
const REPLACED: readonly Layer[] = ["system", "user", "project"];

/** Runs `policy replay`: what recorded sessions did, decided by another policy. Exit 7 if a record is not sound. */
export async function policyReplay(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const failOn = input.option("failOn");
  if (failOn !== undefined && !isWord(FAIL_ON, failOn)) {
    throw badUsage(`Cannot replay: unknown --fail-on "${failOn}"`, "one of: looser any");
  }
  const layer = input.option("layer") ?? "project";
  if (!isWord(REPLACED, layer)) {
    throw badUsage(`Cannot replay: unknown layer "${layer}"`, "one of: system user project");
  }
  const sessions = input.rest(0).map(sessionArgument);
  const project = requireProject(context);
  const decide = await deciderWith(context, { layer, file: input.option("policy") ?? "", project });
  const reading = await openReading(context, input, "ask");
  const tally = createTally();
  for (const session of sessions) {
    for (const { seq, event } of await readVerified(reading, session)) {
      if (event.event !== "intent") continue;
      const { actions, lost } = rebuildActions(event, { project, lookup: (word) => lookupProgram(word) });
      for (const action of actions) replay(action, decide, { tally, session, seq });
      tally.lacks("text", lost);
    }
    await reading.noteRead(session);
  }
  const { lacking, ...total } = tally.total();
  const why = lacking.size === 0 ? {} : { inexact_why: Object.fromEntries(lacking) };
  if (context.json) context.output.json({ v: 1, ...total, ...why });
  else show(context, { ...total, lacking });
  const failed = failOn === "any" ? total.looser + total.tighter > 0 : failOn === "looser" && total.looser > 0;
  return failed ? EXIT.failed : EXIT.ok;
}

interface Replacement {
  readonly layer: Layer;
  readonly file: string;
  readonly project: string;
}

type Decide = (action: AtomicAction) => Verdict;

/** Decides by the layers that count now, with the file in place of one of them. */
async function deciderWith(context: CommandContext, { layer, file, project }: Replacement): Promise<Decide> {
  const named = readNamedFile(context.cwd, file);
  const { live } = await openLive(context, project);
  const loaded = "problem" in named
    ? { ok: false as const, problems: [named.problem] }
    : loadDocument(named.bytes, { layer, roots: live.roots, homes: live.homes });
  if (!loaded.ok || "problem" in named) {
    const [problem] = loaded.ok ? [] : loaded.problems;
    throw unloadable(`replay with "${file}"`, problem, `agentzero policy check ${file}`);
  }
  const { document } = loaded;
  const tried: PolicyLayer = { layer, document, sha256: named.sha256, path: named.path, grants: true };
  return live.deciderOf([...live.layers.filter((one) => one.layer !== layer), tried]);
}

/** Denials that no rule of a file makes: another file cannot change them, and what they depend on is not on record. */
const NOT_RULES = /^(?:never\.|session\.|skill\.|floor\.degraded$)/;

function replay(
  { recorded, action, lacks }: RecordedAction,
  decide: Decide,
  { tally, ...place }: { readonly tally: Tally; readonly session: SessionId; readonly seq: number },
): void {
  const { decision: from, rule = null } = recorded;
  if (from === null || from === undefined || NOT_RULES.test(rule ?? "")) return tally.lacks("no_rule", 1);
  // Which addresses a name had is not on record.
  const unresolved = rule === "floor.address" && action.target.kind === "network" && !isAddress(action.target.host);
  if (lacks !== null || unresolved) return tally.lacks(lacks ?? "place", 1);
  const { decision: to, rule: ruleTo } = decide(action);
  tally.decided({
    ...place,
    capability: recorded.capability,
    target: recorded.target ?? "",
    from,
    to,
    rule_from: rule,
    rule_to: ruleTo,
  });
}

function isAddress(host: string): boolean {
  return classifyAddress(host) !== "invalid";
}

/** Counts as it goes: a session may have a hundred thousand actions. */
interface Tally {
  decided(change: ReplayedChange): void;
  lacks(what: Inexact, count: number): void;
  total(): Replay;
}

function createTally(): Tally {
  const changed: ReplayedChange[] = [];
  const lacking = new Map<Inexact, number>();
  let [actions, same, looser] = [0, 0, 0];
  return {
    decided(change): void {
      actions++;
      if (change.from === change.to) same++;
      else changed.push(change);
      if (severity(change.to) < severity(change.from)) looser++;
    },
    lacks(what, count): void {
      if (count > 0) lacking.set(what, (lacking.get(what) ?? 0) + count);
    },
    total(): Replay {
      const inexact = [...lacking.values()].reduce((sum, count) => sum + count, 0);
      const tighter = changed.length - looser;
      return { actions: actions + inexact, same, looser, tighter, inexact, changed, lacking };
    },
  };
}

const LACKS: Readonly<Record<Inexact, string>> = {
  actor: "trust and permissions of the skill or tool that acted are not on record",
  place: "the address, port or program that it went to is not on record",
  text: "its text or list was cut, or does not read again as it was recorded",
  no_rule: "it was decided by an answer, a mode, permissions or a broken policy, not by a rule",
};

function show({ output }: CommandContext, total: Replay): void {
  const { actions, same, looser, tighter, inexact, changed, lacking } = total;
  for (const one of changed) {
    const way = severity(one.to) < severity(one.from) ? "looser " : "tighter";
    output.text(`${way} ${one.session} ${one.seq} ${one.capability} ${one.target}: ${one.from} -> ${one.to}`);
    output.text(`  ${one.rule_from ?? "no rule"} -> ${one.rule_to ?? "no rule"}`);
  }
  output.text(`${actions} actions: ${same} the same, ${looser} looser, ${tighter} tighter, ${inexact} cannot be told`);
  for (const [what, count] of lacking) output.note(`${count} cannot be told: ${LACKS[what]}`);
}
