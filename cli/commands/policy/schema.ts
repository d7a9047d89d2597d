import { policySchema } from "../../../policy/mod.ts";
import type { CommandContext } from "../../context.ts";

/** Runs `policy schema`: the JSON Schema is the whole output, with and without `--json`. */
export async function policySchemaCommand(context: CommandContext): Promise<void> {
  await Promise.resolve();
  context.output.raw(`${JSON.stringify(policySchema(), null, 2)}\n`);
}
