import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createNobody } from "../cli/approvers.ts";
import { openComposedSession } from "../cli/compose.ts";
import type { CommandContext } from "../cli/context.ts";
import type { SessionEvent } from "../session/mod.ts";
import { openAiEvents, startModelServer } from "../test/support/model-server.ts";
import { inProject } from "./support/in-project.ts";
import { median, type Row, rowWithin } from "./support/row.ts";

const ROUNDS = 9;

/** From Ctrl+C to a session that takes the next prompt: in a model's stream, and in a command that will not end. */
export async function measure(): Promise<readonly Row[]> {
  return inProject(async (context) => {
    return [
      rowWithin("cancel to idle, in a model's stream, p50", median(await inStream(context)), {
        unit: "ms",
        limit: 100,
      }),
      rowWithin("cancel to idle, in a command that ignores signals, p50", median(await inCommand(context)), {
        unit: "ms",
        limit: 700,
      }),
    ];
  });
}

async function inStream(context: CommandContext): Promise<readonly number[]> {
  const server = await startModelServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(
      openAiEvents({ text: "a story without an end ".repeat(20), finish: null }).replace("data: [DONE]", ""),
    );
  });
  const file = join(context.home, "config.yml");
  const providers = { lab: { kind: "openai-compatible", url: server.url } };
  writeFileSync(file, JSON.stringify({ v: 1, model: "lab/m", providers }), { mode: 0o600 });
  try {
    return await cancelled(context, undefined, (event) => event.type === "text");
  } finally {
    rmSync(file);
    await server.close();
  }
}

async function inCommand(context: CommandContext): Promise<readonly number[]> {
  const script = join(context.cwd, "stubborn.yml");
  const command = "trap '' INT TERM HUP; echo started; while :; do sleep 1; done";
  const turn = `- ${JSON.stringify({ calls: [{ tool: "shell", args: { command } }] })}\n`;
  writeFileSync(script, turn.repeat(ROUNDS));
  return await cancelled(context, { provider: "script", script }, (event) => event.type === "tool_output");
}

/** Submits, cancels as soon as it is well under way, and waits for the end. */
async function cancelled(
  context: CommandContext,
  model: { readonly provider: string; readonly script: string } | undefined,
  isUnderWay: (event: SessionEvent) => boolean,
): Promise<readonly number[]> {
  let begun = 0;
  const composed = await openComposedSession(context, {
    front: "cli",
    approver: createNobody(),
    mode: "ask",
    project: "required",
    ...(model === undefined ? {} : { model }),
    emit(event): void {
      if (begun > 0 || !isUnderWay(event)) return;
      begun = performance.now();
      composed.session.cancel();
    },
  });
  const waits: number[] = [];
  for (let at = 0; at < ROUNDS; at++) {
    begun = 0;
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { stop } = await composed.session.submit({ text: "go", data: [] });
    if (stop !== "cancelled") throw new Error(`the prompt ended with ${stop}`);
    waits.push(performance.now() - begun);
  }
  await composed.close();
  return waits;
}
