import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verify } from "../../../audit/mod.ts";
import type { CallResult, SessionEvent } from "../../../session/mod.ts";
import { createNobody } from "../../approvers.ts";
import { type ComposedSession, openComposedSession } from "../../compose.ts";
import { openInstallation } from "../../compose/installation.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import { showProgress } from "../../output/progress.ts";
import { PROJECT_FOLDER } from "../../project-root.ts";
import { initProject } from "../init/init-project.ts";
import { judgeCalls, type Promised } from "./promises.ts";
import { CANARY, makeScene, type Scene } from "./scene.ts";

/** Plays a real session on a scripted model and checks the promises: the command `demo`. */
export async function runDemo(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const scene = makeScene();
  const forget = context.onExit(() => (input.flag("keep") ? undefined : scene.remove()));
  // The demo has a home and a project of its own and touches neither of the person's.
  const stage: CommandContext = { ...context, cwd: scene.project, home: scene.home };
  try {
    const say = context.json ? () => {} : (text: string): void => context.output.note(text);
    say(`A project in ${scene.project}, a policy for it, keys of its own: agentzero init`);
    await initProject(stage, "default");
    say("A scripted model now tries six things. Every call is decided before it happens:\n");
    const { results, seen } = await play(stage, say);
    const record = await checkRecord(stage);
    const promises = [...judgeCalls(results), secretPromise(scene, seen), ...record];
    show(context, scene, { promises, keep: input.flag("keep") });
    return promises.every(({ held }) => held) && !context.signal.aborted ? EXIT.ok : EXIT.failed;
  } finally {
    if (!input.flag("keep")) scene.remove();
    forget();
  }
}

async function play(
  stage: CommandContext,
  say: (text: string) => void,
): Promise<{ readonly results: readonly CallResult[]; readonly seen: string }> {
  const results: CallResult[] = [];
  let seen = "";
  const opened: ComposedSession = await openComposedSession(stage, {
    front: "cli",
    approver: stage.terminal?.approver ?? createNobody(),
    mode: "ask",
    project: "required",
    model: { provider: "script", script: join(stage.cwd, "../turns.yml") },
    emit(event: SessionEvent): void {
      seen += JSON.stringify(event);
      if (event.type === "tool_result") results.push(event);
      if (event.type === "text") say(`  model: ${event.text}`);
      else if (!stage.json) showProgress(stage.output, event);
    },
  });
  await opened.session.submit({ text: "Look after this project.", data: [] }, stage.signal);
  await opened.close();
  return { results, seen };
}

/** The value from the project's `.env` may stand in that file and nowhere else. */
function secretPromise(scene: Scene, seen: string): Promised {
  const places = filesBelow(scene.folder).filter((file) => readFileSync(file).includes(CANARY));
  const held = !seen.includes(CANARY) && places.every((file) => file === join(scene.project, ".env"));
  return {
    text: "the model, the log and the screen never see a secret value",
    held,
    detail: held ? "found in no event and no file but .env" : `found in ${places.join(", ")}`,
  };
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function checkRecord(stage: CommandContext): Promise<readonly Promised[]> {
  const dir = join(stage.cwd, PROJECT_FOLDER, "audit");
  const { home, keys } = await openInstallation(stage);
  const options = {
    dir,
    home,
    project: stage.cwd,
    identity: keys.auditSign.publicKey,
    secretOf: (kid: string) => keys.auditBoxSecret(kid),
  };
  const report = await verify(options);
  const events = report.sessions.reduce((sum, session) => sum + session.events, 0);
  // One bit of one record, as somebody might change it afterwards.
  const file = join(dir, readdirSync(dir).find((name) => name.endsWith(".jsonl")) ?? "");
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const changed = await verify(options);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const found = changed.sessions.flatMap(({ problems }) => problems)[0];
  return [
    {
      text: "every decision is on record, and the record verifies",
      held: report.ok && events > 10,
      detail: `${events} events in ${report.sessions.length} sessions`,
    },
    {
      text: "a record that was changed afterwards is found",
      held: !changed.ok && found !== undefined,
      detail: found === undefined ? "not found" : `${found.code}: ${found.detail}`,
    },
  ];
}

function show(
  context: CommandContext,
  scene: Scene,
  outcome: { readonly promises: readonly Promised[]; readonly keep: boolean },
): void {
  const { promises, keep } = outcome;
  if (context.json) {
    const ok = promises.every(({ held }) => held);
    context.output.json({
      v: 1,
      ok,
      promises: promises.map(({ text, held, detail }) => ({ promise: text, ok: held, detail })),
    });
    return;
  }
  context.output.note("");
  context.output.table(promises.map(({ text, held, detail }) => [held ? "kept  " : "BROKEN", text, detail]));
  if (keep) {
    context.output.note(`\nkept: ${scene.folder}\n  agentzero audit list --cwd ${scene.project} --home ${scene.home}`);
  } else context.output.note("\nNext: cd into a project of yours, then agentzero init && agentzero chat");
}
