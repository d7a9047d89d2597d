import type { CommandContext, CommandInput } from "../../context.ts";
import { recordChange } from "../../record-change.ts";
import { openTools, policyOf, versionNumber } from "./open-tools.ts";

/** `tool rollback`: makes another version active; on record before it happens. */
export async function toolRollback(context: CommandContext, input: CommandInput): Promise<void> {
  const name = input.arg(0) ?? "";
  const wanted = versionNumber(input.arg(1));
  const opened = await openTools(context);
  const { digest: policy } = (await policyOf(context, opened)).generation;
  const version = await recordChange(context, { ...opened, policy }, async (record) => {
    await record({
      event: "tool.change",
      action: "tool rollback",
      reason: `rollback: generated:${name.slice(0, 64)} to ${wanted === null ? "the version before" : `v${wanted}`}`,
      skill: { id: `generated:${name.slice(0, 64)}`, version: wanted === null ? null : `v${wanted}` },
    });
    return opened.tools.rollback(name, wanted);
  });
  if (context.json) context.output.json({ v: 1, name, active: version.entry.n, digest: version.actor.digest });
  else context.output.text(`${name} is v${version.entry.n} now`);
}
