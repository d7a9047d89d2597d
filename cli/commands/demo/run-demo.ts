import { fileURLToPath } from "node:url";
import { labelOf } from "../../../core/mod.ts";
import type { CallResult, SessionEvent } from "../../../session/mod.ts";
import { openComposedSession } from "../../compose.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { showProgress } from "../../output/progress.ts";
import { columns } from "../../output/text.ts";
import { displayWidth } from "../../term/width.ts";
import { initProject } from "../init/init-project.ts";
import { checkRecord } from "./check-record.ts";
import { createDemoApprover } from "./demo-approver.ts";
import { judgeCalls, type Promised } from "./promises.ts";
import { makeScene, PLANTED, type Scene, sceneHere } from "./scene.ts";
import { secretPromise } from "./secret-promise.ts";
import { WISHES, writeTurns } from "./turns.ts";

/** Plays a real session on a scripted model and checks the promises: the command `demo`. */
export async function runDemo(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const scene = input.flag("here") ? sceneHere(context.cwd, context.home) : makeScene();
  const keep = input.flag("keep") && scene.sample;
  const forget = context.onExit(() => (keep ? undefined : scene.remove()));
  // In the sample the demo has a home of its own and touches nothing of the person's.
  const stage: CommandContext = { ...context, cwd: scene.project, home: scene.home };
  try {
    const say = context.json ? () => {} : (text: string): void => context.output.note(text);
    await initProject(stage, "default");
    say(`Project ${scene.project}, with the default policy. A scripted model now tries ${WISHES.length} things.`);
    say("Every call is decided before it happens:\n");
    const played = await play(stage, scene, say);
    const record = await checkRecord(stage, { scene, session: played.session });
    const promises = [
      ...judgeCalls(played.results),
      ...(scene.sample ? [secretPromise(scene, played.seen)] : []),
      ...record.promises,
    ];
    show(context, { scene, promises, keep, summary: record.summary });
    return promises.every(({ held }) => held) && !context.signal.aborted ? EXIT.ok : EXIT.failed;
  } finally {
    if (!keep) scene.remove();
    forget();
  }
}

async function play(
  stage: CommandContext,
  scene: Scene,
  say: (text: string) => void,
): Promise<{ readonly results: readonly CallResult[]; readonly seen: string; readonly session: string }> {
  const results: CallResult[] = [];
  let seen = "";
  const opened = await openComposedSession(stage, {
    front: "cli",
    approver: createDemoApprover(stage, scene.sample ? "yes" : "no"),
    mode: "ask",
    project: "required",
    model: { provider: "script", script: writeTurns(scene) },
    emit(event: SessionEvent): void {
      seen += JSON.stringify(event);
      if (event.type === "tool_result") results.push(event);
      if (event.type === "text") say(`\n  model: ${event.text}`);
      else if (!stage.json) showProgress(stage.output, event);
    },
  });
  // In a project of the person's own no file is planted: the note comes in through a pipe.
  const data = scene.sample ? [] : [{ text: PLANTED, label: labelOf("file", ["private"], "note") }];
  await opened.session.submit({ text: "Look after this project.", data }, stage.signal);
  await opened.close();
  return { results, seen, session: opened.session.id };
}

function show(
  context: CommandContext,
  outcome: {
    readonly scene: Scene;
    readonly promises: readonly Promised[];
    readonly keep: boolean;
    readonly summary: readonly string[];
  },
): void {
  const { promises, keep, scene, summary } = outcome;
  if (context.json) {
    const ok = promises.every(({ held }) => held);
    context.output.json({
      v: 1,
      ok,
      promises: promises.map(({ text, held, detail }) => ({ promise: text, ok: held, detail })),
    });
    return;
  }
  context.output.note("\n");
  for (const line of promiseLines(promises, context.tty.columns)) context.output.text(line);
  for (const line of summary) context.output.note(line);
  const where = scene.sample ? ` --cwd ${scene.project} --home ${scene.home}` : "";
  if (keep) context.output.note(`\nkept: ${scene.folder}`);
  if (keep || !scene.sample) {
    context.output.note(`the same as a page: agentzero audit report --out report.html${where}`);
  }
  for (const line of nextSteps()) context.output.note(line);
}

/** One line each where they fit, else what was seen stands below its promise. */
function promiseLines(promises: readonly Promised[], cells: number): readonly string[] {
  const rows = promises.map(({ text, held, detail }) => [held ? "kept  " : "BROKEN", text, detail]);
  const lines = columns(rows).split("\n");
  if (lines.every((line) => displayWidth(line) <= cells)) return lines;
  return rows.flatMap(([mark = "", text = "", detail = ""]) => [`${mark}  ${text}`, `          ${detail}`]);
}

function nextSteps(): readonly string[] {
  const fromSources = import.meta.url.endsWith(".ts");
  // Where nothing is built yet there is no command of that name either.
  const command = fileURLToPath(new URL("../../../dist/cli/bin.js", import.meta.url));
  return [
    ...(fromSources
      ? ["\nNext, in this folder:", "  npm run build", `  alias agentzero="node ${command}"`, "and then:"]
      : ["\nNext:"]),
    "  cd ~/code/YOUR-PROJECT",
    "  agentzero init",
    '  agentzero call shell \'{"command":"git status"}\'',
    "  agentzero chat",
  ];
}
