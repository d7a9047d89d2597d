import { expandHandle } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";
import { changeVault, withVault } from "./open.ts";
import { bindingFrom, PLACE_OPTIONS } from "./place-options.ts";
import { readValue, refuseValues } from "./read-value.ts";

const OPTIONS = [...PLACE_OPTIONS, "--note", "--expires", "--update", "--json", "--home", "--cwd", "--passphrase-file"];

/** Runs `vault set`. */
export async function vaultSet(context: CommandContext, input: CommandInput): Promise<void> {
  refuseValues(input, 1, OPTIONS);
  const handle = expandHandle(input.arg(0) ?? "");
  const binding = bindingFrom(input);
  const expires = parseExpiry(input.option("expires"), context.system.clock.now());
  const options = {
    note: input.option("note"),
    expires,
    bindings: binding === null ? undefined : [binding],
    update: input.flag("update"),
  };
  await withVault(context, async (vault, parts) => {
    await vault.checkSet(handle, options);
    const value = await readValue(context, handle);
    const report = await changeVault(context, parts, {
      reason: options.update ? "set or replace a secret" : "set a secret",
      handles: [handle],
      run: () => vault.set(handle, value, options),
    });
    for (const warning of report.warnings) context.output.note(`warning: ${warning}`);
    if (context.json) context.output.json({ v: 1, ok: true, handle, ...report });
    else {
      context.output.text(`${handle}  version ${report.version}  stored`);
      if (binding === null && report.version === 1) {
        context.output.note(
          `it is bound to no place yet: agentzero vault bind ${handle} --host NAME:PORT --slot bearer`,
        );
      }
    }
  });
}

/**
 * Reads the value of `--expires`: a day (its end counts, UTC) or an RFC 3339 time, in the future.
 *
 * @param text What was typed, if anything.
 * @param now Milliseconds since 1970.
 * @returns Milliseconds since 1970, or `undefined` without the option.
 * @throws {CliError} `USAGE` for anything else.
 */
export function parseExpiry(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const time = day || /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text)
    ? Date.parse(day ? `${text}T23:59:59.999Z` : text)
    : Number.NaN;
  // `2031-02-30` would be taken for the second of March.
  const real = !day || (Number.isFinite(time) && new Date(time).toISOString().startsWith(text));
  if (Number.isFinite(time) && real && time > now) return time;
  throw badUsage(`Cannot use "${text}" as expiry: it is not a day in the future`, "e.g. --expires 2031-12-31");
}
