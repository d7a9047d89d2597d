import { lockedEntry, readLock, removeInstalled } from "../../../skills/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { inActSession, recordedSkill } from "./act-session.ts";

/** Runs `skill remove`: drops the pin and the grant, not what was seen. */
export async function skillRemove(context: CommandContext, input: CommandInput): Promise<void> {
  await inActSession(context, "skill remove", async ({ tool, opened, options }) => {
    const entry = lockedEntry(readLock(options.project), input.arg(0) ?? "");
    const { seq } = opened.audit.append({
      event: "skill.change",
      action: tool,
      reason: `removes ${entry.id}@${entry.version}`,
      skill: recordedSkill(entry),
    });
    await opened.audit.barrier(seq, true);
    await removeInstalled(options, entry);
    if (context.json) {
      context.output.json({ v: 1, removed: { name: entry.name, id: entry.id, version: entry.version } });
    } else context.output.text(`removed ${entry.id}@${entry.version}; its publisher's releases stay known`);
  });
}
