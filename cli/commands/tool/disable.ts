import type { CommandContext, CommandInput } from "../../context.ts";
import { recordChange } from "../../record-change.ts";
import { openTools, policyOf } from "./open-tools.ts";

/** `tool disable`: switches a tool off; on record before it happens. */
export async function toolDisable(context: CommandContext, input: CommandInput): Promise<void> {
  const name = input.arg(0) ?? "";
  const opened = await openTools(context);
  const { digest: policy } = (await policyOf(context, opened)).generation;
  await recordChange(context, { ...opened, policy }, async (record) => {
    const id = `generated:${name.slice(0, 64)}`;
    await record({ event: "tool.change", action: "tool disable", reason: `disable: ${id}`, skill: { id } });
    opened.tools.disable(name, "person");
  });
  if (context.json) context.output.json({ v: 1, name, disabled: true });
  else context.output.text(`${name} is off; agentzero tool rollback ${name} N switches it on`);
}
