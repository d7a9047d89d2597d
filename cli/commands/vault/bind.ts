import { expandHandle } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";
import { changeVault, withVault } from "./open.ts";
import { bindingFrom } from "./place-options.ts";

/** Runs `vault bind`. */
export async function vaultBind(context: CommandContext, input: CommandInput): Promise<void> {
  const handle = expandHandle(input.arg(0) ?? "");
  const binding = bindingFrom(input);
  const clear = input.flag("clear");
  if (binding === null && !clear) {
    throw badUsage("Cannot bind: no place was named", "e.g. --host api.github.com:443 --slot bearer, or --clear");
  }
  await withVault(context, async (vault, parts) => {
    await vault.info(handle);
    await changeVault(context, parts, {
      reason: clear ? "change the bindings of a secret" : "add a binding to a secret",
      handles: [handle],
      run: async () => {
        if (clear) await vault.clearBindings(handle);
        if (binding !== null) await vault.bind(handle, binding);
      },
    });
    const { bindings } = await vault.info(handle);
    if (context.json) context.output.json({ v: 1, ok: true, handle, bindings });
    else context.output.text(`${handle}  ${bindings.length} ${bindings.length === 1 ? "binding" : "bindings"}`);
  });
}
