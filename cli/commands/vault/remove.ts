import { expandHandle } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import type { ExitCode } from "../../exit-codes.ts";
import { changeVault, withVault } from "./open.ts";

/** Runs `vault rm`. */
export async function vaultRemove(context: CommandContext, input: CommandInput): Promise<ExitCode> {
  const handle = expandHandle(input.arg(0) ?? "");
  return await withVault(context, async (vault, parts) => {
    await vault.info(handle);
    if (!input.flag("yes")) {
      if (context.terminal === null) {
        throw new CliError("NO_TERMINAL", `Cannot remove "${handle}": nobody can be asked`, { hint: "add --yes" });
      }
      if (!await context.terminal.confirm(`Remove ${handle} and its earlier values?`)) {
        context.output.note("nothing was removed");
        return 1;
      }
    }
    await changeVault(context, parts, {
      reason: "remove a secret",
      handles: [handle],
      run: () => vault.remove(handle),
    });
    if (context.json) context.output.json({ v: 1, ok: true, handle });
    else context.output.text(`${handle}  removed`);
    return 0;
  });
}
